import { expect, test } from "vitest";
import type { Block } from "../api/types";
import { stepped, takenIn, takenOut, takenTo, WRAPPINGS, wrapped } from "./nesting";
import { blockWith } from "./testing";

const block = (pointer: string, inside: Record<string, Block[]> = {}) => blockWith(pointer, inside);

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

test("what stands behind a block that goes, or around one that goes with its last task, is one less", () => {
  expect(takenTo(blocks, "/do/0/first", { list: "/do/1/each/do", index: 1 })).toEqual({
    edits: [{ op: "move", pointer: "/do/0", list: "/do/1/each/do", index: 1 }],
    to: "/do/0/each/do/1/first",
  });
  const risky = takenTo(blocks, "/do/2/attempt/try/0/risky", { list: "/do", index: 4 });
  expect(risky?.edits.at(-1)).toEqual({ op: "remove", pointer: "/do/2" });
  expect(risky?.to).toBe("/do/3/risky");
  const before = takenTo(blocks, "/do/2/attempt/try/0/risky", { list: "/do", index: 0 });
  expect(before?.edits.at(-1)).toEqual({ op: "remove", pointer: "/do/3" });
  expect(before?.to).toBe("/do/0/risky");
  const recover = takenTo(blocks, "/do/2/attempt/catch/do/0/recover", {
    list: "/do/2/attempt/try",
    index: 1,
  });
  expect(recover?.edits.at(-1)).toEqual({ op: "remove", pointer: "/do/2/attempt/catch/do" });
  expect(recover?.to).toBe("/do/2/attempt/try/1/recover");
});

test("a list that is still empty takes a block", () => {
  const quiet = block("/do/1/quiet", { try: [block("/do/1/quiet/try/0/may")], "catch/do": [] });
  const found = takenTo([block("/do/0/first"), quiet], "/do/0/first", {
    list: "/do/1/quiet/catch/do",
    index: 0,
  });
  expect(found?.edits).toEqual([
    { op: "insert", list: "/do/1/quiet/catch/do", index: 0, name: "empty", task: { set: {} } },
    { op: "move", pointer: "/do/0", list: "/do/1/quiet/catch/do", index: 1 },
    { op: "remove", pointer: "/do/0/quiet/catch/do/0" },
  ]);
  expect(found?.to).toBe("/do/0/quiet/catch/do/0/first");
});

test("no block goes into itself, into what would go with it, or to where it is", () => {
  for (const [pointer, list, index] of [
    ["/do/1/each", "/do/1/each/do", 0],
    ["/do/2/attempt/try/0/risky", "/do/2/attempt/catch/do", 0],
    ["/do/0/first", "/do", 0],
    ["/do/0/first", "/do", 1],
  ] as const)
    expect(takenTo(blocks, pointer, { list, index })).toBeNull();
});

test("a step at the end of a list leads into the next one of the block around it", () => {
  expect(stepped(blocks, "/do/0/first", 1)?.to).toBe("/do/1/first");
  expect(stepped(blocks, "/do/3/last", -1)?.to).toBe("/do/2/last");
  expect(stepped(blocks, "/do/3/last", 1)).toBeNull();
  expect(stepped(blocks, "/do/1/each/do/1/two", 1)).toBeNull();
  const both = block("/do/0/attempt", {
    try: [block("/do/0/attempt/try/0/one"), block("/do/0/attempt/try/1/two")],
    "catch/do": [block("/do/0/attempt/catch/do/0/recover")],
  });
  expect(stepped([both], "/do/0/attempt/try/1/two", 1)?.to).toBe("/do/0/attempt/catch/do/0/two");
  expect(stepped([both], "/do/0/attempt/catch/do/0/recover", -1)?.to).toBe("/do/0/attempt/try/2/recover");
});
