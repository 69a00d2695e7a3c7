import { expect, test } from "vitest";
import {
  beginning,
  briefly,
  keepOutput,
  type Sample,
  sameJson,
  sampleOf,
  valueAt,
  withOutputs,
  withSample,
  withValueAt,
} from "./data";
import { toldScalar } from "./JsonTree";

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
