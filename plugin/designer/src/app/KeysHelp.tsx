import { Panel } from "./Panel";

/** What can be done by keyboard, as the help tells it. */
const KEYS: { where: string; keys: [string, string][] }[] = [
  {
    where: "Everywhere",
    keys: [
      ["Ctrl S", "save"],
      ["Ctrl Z · Ctrl Y", "undo, redo: of blocks, form and text"],
      ["Ctrl Enter", "run; in a test request: send"],
      ["F6 · Shift F6", "to the next part of the page, to the one before"],
      ["Esc", "close what is open"],
      ["?", "these keys"],
    ],
  },
  {
    where: "In the flow",
    keys: [
      ["↑ · ↓ · ←", "to the next block, to the one before; to the block around it"],
      ["/", "add a task behind the block"],
      ["Enter", "to the fields of the block; Esc comes back"],
      ["T", "test the request of the block"],
      ["Alt ↑ · Alt ↓", "move the block"],
      ["Alt ← · Alt →", "move it out of the block around it; into the block before it"],
      ["Delete", "delete the block"],
    ],
  },
  {
    where: "In a field",
    keys: [
      ["Enter", "write it into the definition; a message is written when it is left"],
      ["Ctrl Space", "what an expression can read"],
      ["Esc", "close what is offered; else write it too, and go back to the block"],
    ],
  },
  { where: "In the text", keys: [["Esc, then Tab", "leave it: Tab alone indents"]] },
];

/** The keys, on `?`. */
export default function KeysHelp() {
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
