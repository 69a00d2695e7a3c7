import { useQuery } from "@tanstack/react-query";
import { getReadable } from "../api/endpoints";
import type { Block, ReadableValue } from "../api/types";
import { useCursor } from "../request/form";
import { jqPath } from "../request/insertion";
import { AddInput } from "../runs/AddInput";
import { useDocument } from "../state/document";
import { Simulated } from "../ui/Prose";
import { knownIn, type Sample, useSample } from "./data";
import { JsonTree, Name } from "./JsonTree";

const pick = (expression: string) => useCursor.getState().target?.take(expression);

const numbers = new WeakMap<Sample, number>();
let last = 0;

/** Tells samples apart without a look at what is in them. */
function numberOf(sample: Sample): number {
  const known = numbers.get(sample) ?? ++last;
  numbers.set(sample, known);
  return known;
}

/** What a task can read where it stands: completions know the same, both from the server. */
export function useReadable(pointer: string) {
  const path = useDocument((state) => state.path);
  const text = useDocument((state) => state.checked);
  const sample = useSample(path);
  return useQuery({
    queryKey: ["readable", path, pointer, text, numberOf(sample)],
    queryFn: () => getReadable(path ?? "", text, pointer, sample),
    placeholderData: (before) => before,
    gcTime: 10_000,
  });
}

/** What can be read here, with the latest data: a click on a name puts its expression where the cursor was. */
export function DataPanel({ block }: { block: Block }) {
  const path = useDocument((state) => state.path);
  const sample = useSample(path);
  const target = useCursor((state) => state.target);
  const { data } = useReadable(block.pointer);
  if (!data) return null;
  return (
    <section className="data" aria-label="Data">
      <h3>
        Data{" "}
        <small>
          {target ? `a click puts an expression into ${target.label}` : "put the cursor into a field first"}
        </small>
      </h3>
      {data.values.map((one) => (
        <Known key={one.expression} known={one} sample={sample} />
      ))}
    </section>
  );
}

function Known({ known, sample }: { known: ReadableValue; sample: Sample }) {
  const { expression, source, name, told, fields } = known;
  const value = knownIn(sample, known);
  return (
    <div>
      <p className="data-head">
        <Name name={expression} expression={expression} pick={pick} /> <small>{told}</small>{" "}
        {source === "task" && sample.simulated.includes(name) && <Simulated />}
      </p>
      {value !== undefined ? (
        <JsonTree value={value} base={expression} pick={pick} label={expression} />
      ) : fields.length > 0 ? (
        <ul className="tree data-fields" aria-label={`Fields of ${expression}`}>
          {fields.map((field) => (
            <li key={field.name}>
              <Name name={field.name} expression={expression + jqPath([field.name])} pick={pick} />{" "}
              <small>{field.type}</small>
            </li>
          ))}
        </ul>
      ) : (
        <>
          <p className="muted">{NOTHING[source]}</p>
          {source === "input" && <AddInput />}
        </>
      )}
    </div>
  );
}

/** What is said where neither data nor a schema tell anything. */
const NOTHING: Record<ReadableValue["source"], string> = {
  input: "Nothing is known of it: the definition has no input schema.",
  task: "No data yet: test its request, or run the definition.",
  variable: "No data yet: test what gives its list, run the definition, or give it in a test request.",
  context: "No data yet: test the request that exports it.",
};
