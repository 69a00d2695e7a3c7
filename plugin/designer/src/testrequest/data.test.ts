import { expect, test } from "vitest";
import type { ReadableValue } from "../api/types";
import { nearestFirst, toldOf } from "./DataPanel";
import {
  beginning,
  briefly,
  keepOutput,
  NO_DATA,
  runOf,
  type Sample,
  sameJson,
  sampleOf,
  takeEarlier,
  takeOutput,
  takePinned,
  toldUnsampled,
  useData,
  valueAt,
  withOutputs,
  withSample,
  withValueAt,
} from "./data";
import { toldScalar } from "./JsonTree";

test("of the data the tasks come last, the nearest one first", () => {
  const known = (source: ReadableValue["source"], name: string) => ({ source, name }) as ReadableValue;
  const values = [known("input", ""), known("variable", "item"), known("task", "far"), known("task", "near")];
  expect(nearestFirst(values).map(({ name }) => name)).toEqual(["", "item", "near", "far"]);
});

const rows = Array.from({ length: 1000 }, (_, id) => ({ id, text: "x".repeat(1000) }));
const sample: Sample = {
  input: { q: 'a "b"' },
  outputs: { 'list "1"': rows, none: null },
  values: { "input.n": 1 },
  own: { each: { "item.id": 2 } },
  simulated: [],
};

test("a body with a sample says what the sample says", () => {
  const { text } = withSample({ path: "a.yaml", position: 3 }, sample);
  expect(JSON.parse(text)).toEqual({ path: "a.yaml", position: 3, sample });
  const { input: _, ...without } = sample;
  expect(JSON.parse(withSample({}, without).text)).toEqual({ sample: without });
});

test("completions are asked for with the beginning of what is large", () => {
  const brief = briefly(sample);
  expect(JSON.stringify(brief).length).toBeLessThan(10_000);
  expect(brief.outputs['list "1"']).toHaveLength(20);
  expect(beginning({ a: [], b: null, c: "short" })).toEqual({ a: [], b: null, c: "short" });
  expect(briefly(brief).outputs.none).toBeNull();
});

test("an output that is made up is marked until a server has given one", () => {
  keepOutput("a.yaml", "list", [{ id: 1 }], true);
  keepOutput("a.yaml", "other", 2, false);
  expect(sampleOf("a.yaml").simulated).toEqual(["list"]);
  keepOutput("a.yaml", "list", [{ id: 1 }], true);
  expect(sampleOf("a.yaml").simulated).toEqual(["list"]);
  expect(withOutputs(sampleOf("a.yaml"), { other: 3 }).simulated).toEqual(["list"]);
  expect(withOutputs(sampleOf("a.yaml"), { list: [] }).simulated).toEqual([]);
});

test("the same value is known by what it says, and not by the order of its members", () => {
  expect(sameJson({ a: [1, { b: null }], c: "x" }, { c: "x", a: [1, { b: null }] })).toBe(true);
  expect(sameJson({ quantity: 3 }, { quantity: 1 })).toBe(false);
  expect(sameJson({ a: 1 }, { a: 1, b: 2 })).toBe(false);
  expect(sameJson([], {})).toBe(false);
  expect(sameJson(null, {})).toBe(false);
});

test("a value of the input has its one place, where it is asked for by name and where all of it is seen", () => {
  const input = withValueAt(withValueAt(undefined, ["customer", "name"], "Ada"), ["rows", 1, "id"], 7);
  expect(input).toEqual({ customer: { name: "Ada" }, rows: [undefined, { id: 7 }] });
  expect(valueAt(input, ["rows", 1, "id"])).toBe(7);
  expect(valueAt(input, ["rows", 5, "id"])).toBeUndefined();
  expect(withValueAt(input, ["customer", "name"], undefined)).toMatchObject({ customer: {} });
  expect(withValueAt("text", ["a"], 1)).toEqual({ a: 1 });
});

test.each([
  [0.30000000000000004, "0.3"],
  [1 / 3, "0.333333333333333"],
  [6.6e-6, "0.0000066"],
  [12345678901234567000, "12345678901234567000"],
  [-0.1, "-0.1"],
  ["0.30000000000000004", "0.30000000000000004"],
  [null, "null"],
])("%j is told as %s", (value, told) => {
  expect(toldScalar(value)).toBe(told);
});

test("what a run gave stands below what was tested and pinned, and is told by its run as long as it stands", () => {
  const path = "past.yaml";
  const task = (name: string) => ({ source: "task", name }) as ReadableValue;
  const input = { source: "input", name: "" } as ReadableValue;
  const earlier = {
    run: "r1",
    started_at: "2026-01-01T00:00:00Z",
    state: "completed",
    going: null,
    simulated: ["c"],
  };
  keepOutput(path, "a", "tested", false);
  takeEarlier(path, {
    ...earlier,
    has_input: true,
    input: { q: 1 },
    outputs: { a: 1, b: [2], c: 3 },
    large: { d: 2_000_000 },
  });
  expect(sampleOf(path)).toMatchObject({ input: { q: 1 }, outputs: { a: "tested", b: [2], c: 3 } });
  expect(sampleOf(path).simulated).toEqual(["c"]);
  expect(["a", "b", "c", "d"].map((name) => runOf(sampleOf(path), task(name))?.id ?? null)).toEqual([
    null,
    "r1",
    "r1",
    null,
  ]);
  expect(runOf(sampleOf(path), input)?.id).toBe("r1");
  takePinned(path, { file: "f", outputs: { a: "pinned", b: "pinned" }, input: { q: 0 } });
  expect(sampleOf(path).outputs).toMatchObject({ a: "tested", b: "pinned", c: 3 });
  takeOutput(path, "r1", "d", "large");
  expect(sampleOf(path)).toMatchObject({ outputs: { d: "large" }, run: { large: {} } });
  takeEarlier(path, { ...earlier, has_input: false, outputs: { c: 4, e: 5 }, large: { d: 2_000_000 } });
  expect(sampleOf(path)).toMatchObject({ outputs: { c: 3, d: "large", e: 5 }, run: { large: {} } });
  expect(JSON.parse(withSample({}, sampleOf(path)).text).sample).not.toHaveProperty("run");
  expect(briefly(sampleOf(path))).not.toHaveProperty("run");
  useData.getState().keep(path, (sample) => ({ ...sample, input: { q: 2 } }));
  takeEarlier(path, { ...earlier, run: "r2", has_input: false, outputs: { b: 5, c: 6 }, large: {} });
  expect(sampleOf(path)).toMatchObject({ input: { q: 2 }, outputs: { a: "tested", b: "pinned", c: 6 } });
  expect(sampleOf(path).outputs).not.toHaveProperty("d"); // r2 has none
});

test("the input of a file beside the definition is what there is before anything is given or run", () => {
  const path = "beside.yaml";
  takePinned(path, { file: "f", outputs: {}, input: { q: 0 } });
  expect(sampleOf(path).input).toEqual({ q: 0 });
  const earlier = {
    run: "r1",
    started_at: "2026-01-01T00:00:00Z",
    state: "completed",
    going: null,
    simulated: [],
  };
  takeEarlier(path, { ...earlier, has_input: false, outputs: {}, large: {} });
  expect(sampleOf(path).input).toEqual({ q: 0 });
  takeEarlier(path, { ...earlier, run: "r2", has_input: true, input: { q: 1 }, outputs: {}, large: {} });
  expect(sampleOf(path).input).toEqual({ q: 1 });
  takePinned(path, { file: "f", outputs: {}, input: { q: 0 } });
  expect(sampleOf(path).input).toEqual({ q: 1 });
});

test("of a field that is newer than the data it is said where one can be given, and of a run's input that it had none", () => {
  const input = { other: 1 };
  const city = { name: "city", of: "$workflow.input" };
  expect(toldUnsampled({ ...NO_DATA, input }, [city])).toBe(
    "The data have no `city` in `$workflow.input`: run it with one, or give one in Test request.",
  );
  const run = { id: "r", at: "", input, outputs: {}, large: {} };
  expect(toldUnsampled({ ...NO_DATA, input, run }, [city])).toMatch(/^The last run had no `city`/);
  expect(toldUnsampled({ ...NO_DATA, input, run }, [{ name: "id", of: "$tasks.read.body" }])).toBe(
    "The data have no `id` in `$tasks.read.body`: test or run it again.",
  );
});

test("what is told of a field has no hole where its type is not known", () => {
  expect(toldOf("string", true)).toBe("string, not given");
  expect(toldOf("", true)).toBe("not given");
  expect(toldOf("string", false)).toBe("string");
});
