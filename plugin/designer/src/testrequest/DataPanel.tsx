import { useMutation, useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { getReadable, readOutput } from "../api/endpoints";
import type { Block, ReadableValue } from "../api/types";
import { useCursor } from "../request/form";
import { jqPath } from "../request/insertion";
import { isObject } from "../request/schema";
import { AddInput } from "../runs/AddInput";
import { useRun } from "../runs/run";
import { useDocument } from "../state/document";
import { Refused, Simulated } from "../ui/Prose";
import { toldTime } from "../ui/time";
import { knownIn, type RunData, runOf, type Sample, takeOutput, useSample } from "./data";
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
  const { target, refusing } = useCursor();
  const { data } = useReadable(block.pointer);
  if (!data) return null;
  return (
    <section className="data" aria-label="Data">
      <h3>
        Data{" "}
        <small>
          {target
            ? `a click puts an expression into ${target.label}`
            : refusing
              ? `${refusing} takes none of it: put the cursor into another field first`
              : "put the cursor into a field first"}
        </small>
      </h3>
      {nearestFirst(data.values).map((one) => (
        <Known key={one.expression} known={one} sample={sample} />
      ))}
    </section>
  );
}

/** The tasks come last, of which there may be many: the one just before it is what a task reads most. */
export const nearestFirst = (values: ReadableValue[]) => [
  ...values.filter(({ source }) => source !== "task"),
  ...values.filter(({ source }) => source === "task").reverse(),
];

/** What is told of a field that a schema has: its type, where that is known, and whether the data have none. */
export const toldOf = (type: string, isLacking: boolean) =>
  [type, isLacking ? "not given" : ""].filter(Boolean).join(", ");

function Known({ known, sample }: { known: ReadableValue; sample: Sample }) {
  const { expression, source, name, told, fields } = known;
  const value = knownIn(sample, known);
  const run = runOf(sample, known);
  const size = source === "task" ? sample.run?.large[name] : undefined;
  // What a schema has come to declare since is there, too: a former run knew nothing of it.
  const lacking =
    value === undefined ? fields : isObject(value) ? fields.filter((one) => !(one.name in value)) : [];
  return (
    <div>
      <p className="data-head">
        <Name name={expression} expression={expression} pick={pick} /> <small>{told}</small>{" "}
        {source === "task" && sample.simulated.includes(name) && <Simulated />} {run && <OfRun run={run} />}
      </p>
      {value !== undefined && <JsonTree value={value} base={expression} pick={pick} label={expression} />}
      {lacking.length > 0 && (
        <ul className="tree data-fields" aria-label={`Fields of ${expression}`}>
          {lacking.map((field) => (
            <li key={field.name}>
              <Name name={field.name} expression={expression + jqPath([field.name])} pick={pick} />{" "}
              <small>{toldOf(field.type, value !== undefined)}</small>
            </li>
          ))}
        </ul>
      )}
      {value === undefined && lacking.length === 0 && size !== undefined && sample.run && (
        <Large known={known} size={size} run={sample.run} />
      )}
      {value === undefined && lacking.length === 0 && size === undefined && (
        <p className="muted">{NOTHING[source]}</p>
      )}
      {source === "input" && <AddInput />}
    </div>
  );
}

/** The run that a value is of, which a click shows. */
function OfRun({ run }: { run: RunData }) {
  return (
    <button
      type="button"
      className="of-run"
      title={`Show ${run.id}`}
      onClick={() => void useRun.getState().watch(run.id)}
    >
      run of {toldTime(run.at)}
    </button>
  );
}

/** An output that is fetched once it is needed, as by what the task reads. */
function Large({ known, size, run }: { known: ReadableValue; size: number; run: RunData }) {
  const path = useDocument((state) => state.path) ?? "";
  const { name, is_read } = known;
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => readOutput(run.id, name),
    onSuccess: ({ output }) => takeOutput(path, run.id, name, output),
  });
  useEffect(() => {
    if (is_read) mutate();
  }, [is_read, mutate]);
  return (
    <p className="muted">
      {toldSize(size)} of the run of {toldTime(run.at)}.{" "}
      <button type="button" className="button small" disabled={isPending} onClick={() => mutate()}>
        {isPending ? "Loading …" : "Load it"}
      </button>
      {error && <Refused error={error} />}
    </p>
  );
}

const toldSize = (bytes: number) =>
  bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;

/** What is said where neither data nor a schema tell anything. */
const NOTHING: Record<ReadableValue["source"], string> = {
  input: "Nothing is known of it: the definition has no input schema.",
  task: "No data yet: test its request, or run the definition.",
  variable: "No data yet: test what gives its list, run the definition, or give it in a test request.",
  context: "No data yet: test the request that exports it.",
};
