import { expect, test } from "vitest";
import type { Block } from "../api/types";
import { takenIn, takenOut, WRAPPINGS, wrapped } from "./nesting";

const block = (pointer: string, branches: Record<string, Block[]> = {}): Block => ({
  pointer,
  name: pointer.split("/").at(-1) ?? "",
  kind: "set",
  summary: "",
  condition: null,
  then: null,
  connections: [],
  start: 0,
  end: 0,
  cases: [],
  branches: Object.entries(branches).map(([label, blocks]) => ({
    label,
    pointer: `${pointer}/${label}`,
    blocks,
  })),
});

const one = block("/do/1/each/do/0/one");
const blocks = [
  block("/do/0/first"),
  block("/do/1/each", { do: [one, block("/do/1/each/do/1/two")] }),
  block("/do/2/attempt", {
    try: [block("/do/2/attempt/try/0/risky")],
    "catch/do": [block("/do/2/attempt/catch/do/0/recover")],
  }),
  block("/do/3/last"),
];

test("a block takes the place of the task that the new one around it begins with", () => {
  const [intoFor, intoMap] = WRAPPINGS;
  const made = wrapped(blocks, "/do/0/first", intoFor);
  expect(made?.edits.map((edit) => ({ ...edit, task: undefined }))).toEqual([
    { op: "insert", list: "/do", index: 1, name: "each2" },
    { op: "move", pointer: "/do/0", list: "/do/1/each2/do", index: 1 },
    { op: "remove", pointer: "/do/0/each2/do/0" },
  ]);
  expect(made?.to).toBe("/do/0/each2/do/0/first");
  expect(wrapped(blocks, "/do/1/each/do/0/one", intoMap)?.to).toBe("/do/1/each/do/0/map/with/do/0/one");
  expect(wrapped(blocks, "/do/9/none", intoFor)).toBeNull();
});

test("a block goes out behind the one around it, which goes with its last task", () => {
  expect(takenOut(blocks, one.pointer)).toEqual({
    edits: [{ op: "move", pointer: "/do/1/each/do/0", list: "/do", index: 2 }],
    to: "/do/2/one",
  });
  const alone = takenOut(blocks, "/do/2/attempt/try/0/risky");
  expect(alone?.edits.map((edit) => edit.op)).toEqual(["insert", "move", "remove"]);
  expect(alone?.edits.at(-1)).toEqual({ op: "remove", pointer: "/do/2" });
  expect(alone?.to).toBe("/do/2/risky");
  expect(takenOut(blocks, "/do/3/last")).toBeNull();
});

test("a block goes into the one before it, behind its tasks", () => {
  expect(takenIn(blocks, "/do/2/attempt")).toEqual({
    edits: [{ op: "move", pointer: "/do/2", list: "/do/1/each/do", index: 2 }],
    to: "/do/1/each/do/2/attempt",
  });
  expect(takenIn(blocks, "/do/1/each")).toBeNull();
  expect(takenIn(blocks, "/do/0/first")).toBeNull();
});
