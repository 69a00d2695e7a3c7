import { KEYS } from "./keys";
import { Panel } from "./Panel";

/** The keys, on `?`. */
export function KeysHelp() {
  return (
    <Panel title="Keys" className="keys-help">
      <div className="keys-body">
        {KEYS.map(({ where, keys }) => (
          <section key={where}>
            <h3>{where}</h3>
            <dl>
              {keys.map(([key, what]) => (
                <div key={key}>
                  <dt>
                    {key.split(" · ").map((one) => (
                      <kbd key={one}>{one}</kbd>
                    ))}
                  </dt>
                  <dd>{what}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Panel>
  );
}
