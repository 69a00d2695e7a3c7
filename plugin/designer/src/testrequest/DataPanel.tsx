import type { Block } from "../api/types";
import { useCursor } from "../request/form";
import { useDocument } from "../state/document";
import { Simulated } from "../ui/Prose";
import { useSample } from "./data";
import { JsonTree } from "./JsonTree";

/** The latest data of the run and of other tasks: a click on a name puts its expression where the cursor was. */
export function DataPanel({ block }: { block: Block }) {
  const path = useDocument((state) => state.path);
  const sample = useSample(path);
  const target = useCursor((state) => state.target);
  const known = Object.entries(sample.outputs).filter(([name]) => name !== block.name);
  if (sample.input === undefined && !known.length) return null;
  const pick = (expression: string) => useCursor.getState().target?.take(expression);
  return (
    <section className="data" aria-label="Data">
      <h3>
        Data{" "}
        <small>
          {target ? `a click puts an expression into ${target.label}` : "put the cursor into a field first"}
        </small>
      </h3>
      {sample.input !== undefined && (
        <>
          <code>$workflow.input</code>
          <JsonTree value={sample.input} base="$workflow.input" pick={pick} label="$workflow.input" />
        </>
      )}
      {known.map(([name, value]) => (
        <div key={name}>
          <code>$tasks.{name}</code> {sample.simulated.includes(name) && <Simulated />}
          <JsonTree value={value} base={`$tasks.${name}`} pick={pick} label={`$tasks.${name}`} />
        </div>
      ))}
    </section>
  );
}
