import { Dialog } from "../ui/Dialog";
import { Icon } from "../ui/icons";
import { KEYS } from "./keys";
import { useLayout } from "./layout";

/** The keys, on `?`. */
export function KeysHelp() {
  const close = () => useLayout.getState().openPanel(null);
  return (
    <Dialog label="Keys" close={close} className="keys-help">
      <header className="dialog-head">
        <h2>Keys</h2>
        <span className="grow" />
        <button type="button" className="button plain square" aria-label="Close" onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      <div className="keys-body">
        {KEYS.map(({ where, keys }) => (
          <section key={where}>
            <h3>{where}</h3>
            <dl>
              {keys.map(([key, what]) => (
                <div key={key}>
                  <dt>
                    <kbd>{key}</kbd>
                  </dt>
                  <dd>{what}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
