import { create } from "zustand";
import { Written } from "../api/client";
import type { EarlierData, Evaluation, Json, JsonObject, Outputs, ReadableValue } from "../api/types";

/** The latest data of a definition: what a test request finds, and what expressions are shown with. */
export interface Sample {
  input?: Json;
  outputs: Record<string, Json>;
  /** What tasks have exported. */
  context?: Json;
  /** Single values, by the names under which they were asked for: `input.caller`, `fetch.body.id`. */
  values: Record<string, Json>;
  /** The same of what one task alone knows, by its name: the variables of a loop, a task's own input. */
  own: Record<string, Record<string, Json>>;
  /** Names of tasks whose outputs are of answers that are made up: nothing of them was ever sent by a server. */
  simulated: string[];
  /** What of all this a run has given, as long as nothing else stands in its place. */
  run?: RunData;
}

/** What a run has given. */
export interface RunData {
  id: string;
  at: string;
  input?: Json;
  outputs: Record<string, Json>;
  /** Bytes of outputs that are not here yet. */
  large: Record<string, number>;
}

interface Data {
  /** Outputs of tasks that are kept in a file beside the definition. */
  pinned: Record<string, Outputs["outputs"]>;
  /** Inputs that runs can be given, of files beside the definitions. */
  beside: Record<string, Json>;
  byPath: Record<string, Sample>;
  keep(path: string, change: (sample: Sample) => Sample): void;
}

export const NO_DATA: Sample = { outputs: {}, values: {}, own: {}, simulated: [] };

export const useData = create<Data>()((set) => ({
  pinned: {},
  beside: {},
  byPath: {},
  keep: (path, change) =>
    set(({ byPath }) => ({ byPath: { ...byPath, [path]: change(byPath[path] ?? NO_DATA) } })),
}));

export const sampleOf = (path: string | null): Sample => useData.getState().byPath[path ?? ""] ?? NO_DATA;
export const useSample = (path: string | null): Sample =>
  useData((state) => state.byPath[path ?? ""] ?? NO_DATA);

export function keepOutput(path: string, task: string, value: Json, simulated: boolean): void {
  useData.getState().keep(path, (sample) => withOutputs(sample, { [task]: value }, simulated ? [task] : []));
}

/** A value with another one at a place in it, or with none there; what leads there is made. */
export function withValueAt(
  whole: Json | undefined,
  path: readonly (string | number)[],
  value: Json | undefined,
): Json | undefined {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (typeof key === "number") {
    const items = Array.isArray(whole) ? [...whole] : [];
    items[key] = withValueAt(items[key], rest, value) ?? null;
    return items;
  }
  const members = typeof whole === "object" && whole !== null && !Array.isArray(whole) ? whole : {};
  const { [key]: former, ...others } = members;
  const member = withValueAt(former, rest, value);
  return member === undefined ? others : { ...members, [key]: member };
}

export function valueAt(whole: Json | undefined, path: readonly (string | number)[]): Json | undefined {
  return path.reduce<Json | undefined>(
    (value, key) =>
      typeof value === "object" && value !== null ? (value as Record<string | number, Json>)[key] : undefined,
    whole,
  );
}

/** The value of a sample that a task can read. */
export function knownIn(sample: Sample, { source, name, value }: ReadableValue): Json | undefined {
  if (source === "task") return sample.outputs[name];
  if (source === "variable") return value ?? undefined;
  return source === "input" ? sample.input : sample.context;
}

/** A sample with outputs in place of those that were there for them; of those that are named no server gave any. */
export const withOutputs = (
  sample: Sample,
  outputs: Record<string, Json>,
  simulated: readonly string[] = [],
): Sample => ({
  ...sample,
  outputs: { ...sample.outputs, ...outputs },
  simulated: [...sample.simulated.filter((name) => !(name in outputs)), ...simulated],
});

/** The run that a value is of; null where it was tested, pinned or given. */
export function runOf({ run, input, outputs }: Sample, { source, name }: ReadableValue): RunData | null {
  if (!run) return null;
  if (source === "input") return run.input !== undefined && run.input === input ? run : null;
  return source === "task" && name in run.outputs && run.outputs[name] === outputs[name] ? run : null;
}

const INPUT = /^\$workflow\.input\b/;

/** What is said of fields that a schema has and the data don't: they are older, and nothing is wrong with what reads them. */
export function toldUnsampled(sample: Sample, fields: NonNullable<Evaluation["unsampled"]>): string {
  const named = fields.map(({ name, of }) => `\`${name}\` in \`${of}\``).join(", ");
  const ofInput = fields.every(({ of }) => INPUT.test(of));
  const { run, input } = sample;
  const had =
    ofInput && run?.input !== undefined && run.input === input ? "The last run had" : "The data have";
  return `${had} no ${named}: ${ofInput ? "run it with one, or give one in Test request" : "test or run it again"}.`;
}

/** What a run that has ended gave, in place of all that was there before; what it took of an earlier one stays. */
export const withRun = (sample: Sample, run: RunData, simulated: boolean): Sample => ({
  ...withOutputs(sample, run.outputs, simulated ? Object.keys(run.outputs) : []),
  ...(run.input === undefined ? {} : { input: run.input }),
  run: sample.run?.id === run.id ? { ...run, outputs: { ...sample.run.outputs, ...run.outputs } } : run,
});

/** What an earlier run gave, below what was tested, given or pinned; of another run before it nothing stays. */
export function takeEarlier(path: string, { simulated, ...found }: EarlierData): void {
  useData.getState().keep(path, (sample) => {
    // Of the same run there may be some already: it was looked at, or something large of it was fetched.
    const here = sample.run?.id === found.run ? sample.run.outputs : {};
    const run: RunData = {
      id: found.run,
      at: found.started_at,
      outputs: { ...found.outputs, ...here },
      large: Object.fromEntries(Object.entries(found.large).filter(([name]) => !(name in here))),
      ...(found.has_input ? { input: found.input ?? null } : {}),
    };
    const others = Object.entries(sample.outputs).filter(
      ([name, value]) => !(sample.run && name in sample.run.outputs && sample.run.outputs[name] === value),
    );
    const outputs = { ...run.outputs, ...Object.fromEntries(others) };
    const isOfRun = sample.run?.input !== undefined && sample.run.input === sample.input;
    const { input, ...rest } = sample;
    const isOfFile = input !== undefined && input === useData.getState().beside[path];
    const ofRun = run.input ?? (isOfFile ? input : undefined);
    const given = input === undefined || isOfRun || isOfFile ? ofRun : input;
    const made = simulated.filter((name) => outputs[name] === run.outputs[name]);
    return {
      ...rest,
      ...(given === undefined ? {} : { input: given }),
      outputs,
      simulated: [...new Set([...sample.simulated.filter((name) => name in outputs), ...made])],
      run,
    };
  });
}

/** A large output, now that it is here. */
export function takeOutput(path: string, id: string, task: string, value: Json): void {
  useData.getState().keep(path, (sample) => {
    if (sample.run?.id !== id) return sample;
    const { [task]: _here, ...large } = sample.run.large;
    const run = { ...sample.run, large, outputs: { ...sample.run.outputs, [task]: value } };
    const isThere = task in sample.outputs;
    return { ...sample, run, outputs: isThere ? sample.outputs : { ...sample.outputs, [task]: value } };
  });
}

const ITEMS = 20;
const NAMES = 500;
const SIGNS = 200;
const brief = new WeakMap<object, Json>();
const written = new WeakMap<object, string>();

/** As much of a value as its names are completed from: of a list the first items, of a text its beginning. */
export function beginning(value: Json): Json {
  if (typeof value === "string") return value.slice(0, SIGNS);
  if (typeof value !== "object" || value === null) return value;
  const known = brief.get(value);
  if (known !== undefined) return known;
  const made = Array.isArray(value)
    ? value.slice(0, ITEMS).map(beginning)
    : Object.fromEntries(
        Object.entries(value)
          .slice(0, NAMES)
          .map(([name, part]) => [name, beginning(part)]),
      );
  brief.set(value, made);
  return made;
}

const each = (values: JsonObject, change: (value: Json) => Json): JsonObject =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]));

/** What completions need of a sample. */
export function briefly({ run: _run, ...sample }: Sample): Sample {
  return {
    ...sample,
    ...(sample.input === undefined ? {} : { input: beginning(sample.input) }),
    outputs: each(sample.outputs, beginning),
  };
}

function jsonOf(value: Json): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const known = written.get(value);
  if (known !== undefined) return known;
  const made = JSON.stringify(value);
  written.set(value, made);
  return made;
}

const members = (values: JsonObject) =>
  Object.entries(values).map(([name, value]) => `${JSON.stringify(name)}:${jsonOf(value)}`);

/** A body with a sample in it, whose outputs are the same in many bodies. */
export function withSample(body: object, sample: Sample): Written {
  const { input, outputs, context, run: _run, ...others } = sample;
  const parts = [
    ...members({ ...others } as unknown as JsonObject),
    ...(context === undefined ? [] : [`"context":${jsonOf(context)}`]),
    ...(input === undefined ? [] : [`"input":${jsonOf(input)}`]),
    `"outputs":{${members(outputs).join()}}`,
  ];
  return new Written(`{${[...members(body as JsonObject), `"sample":{${parts.join()}}`].join()}}`);
}

/** Whether two values are the same, in whatever order their members stand. */
export function sameJson(one: Json | undefined, other: Json | undefined): boolean {
  if (one === other) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => key in other && sameJson((one as JsonObject)[key], (other as JsonObject)[key]))
  );
}

/** What is kept in files counts from then on: outputs over those of a run, an input below that; what was tried later stays. */
export function takePinned(path: string, { outputs, input }: Outputs): void {
  useData.setState(({ pinned, beside }) => ({
    pinned: { ...pinned, [path]: outputs },
    beside: input === null ? beside : { ...beside, [path]: input },
  }));
  useData.getState().keep(path, (sample) => {
    const tried = Object.entries(sample.outputs).filter(
      ([name, value]) => !(sample.run && sample.run.outputs[name] === value && name in outputs),
    );
    return {
      ...(input === null ? {} : { input }),
      ...sample,
      outputs: { ...outputs, ...Object.fromEntries(tried) },
    };
  });
}
