import { expect, test } from "vitest";
import type { Block, Finding } from "../api/types";
import {
  blockAround,
  carried,
  changedBlocks,
  drawnAlike,
  findingsByBlock,
  flattened,
  isOfToFillIn,
  placeOf,
  pointerAt,
  toFillInOf,
  toldAlike,
  toldWithDoubts,
  wholeAround,
} from "./blocks";
import { difference } from "./changes";
import { blockOf, blockWith } from "./testing";

const block = (pointer: string, start: number, end: number, inner: Block[] = []) =>
  inner.length ? blockWith(pointer, { do: inner }, { start, end }) : blockOf(pointer, { start, end });

const blocks = [
  block("/do/0/loop", 0, 50, [block("/do/0/loop/do/0/inner", 20, 45)]),
  block("/do/1/last", 51, 80),
];

test("a run goes on from a task, or from the outermost block around it that only runs as a whole", () => {
  const around = blockWith("/do/0/attempt", {
    try: [blockOf("/do/0/attempt/try/0/ask")],
    "catch/do": [blockOf("/do/0/attempt/catch/do/0/mend")],
  });
  const attempt = {
    ...around,
    branches: around.branches.map((branch) => ({ ...branch, entered: branch.label === "try" })),
  };
  expect(wholeAround(blocks, "/do/1/last")?.name).toBe("last");
  expect(wholeAround(blocks, "/do/0/loop/do/0/inner")?.name).toBe("loop");
  expect(wholeAround([attempt], "/do/0/attempt/try/0/ask")?.name).toBe("ask");
  expect(wholeAround([attempt], "/do/0/attempt/catch/do/0/mend")?.name).toBe("attempt");
});

test("the innermost block around a place", () => {
  expect(blockAround(blocks, 30)?.name).toBe("inner");
  expect(blockAround(blocks, 5)?.name).toBe("loop");
  expect(blockAround(blocks, 60)?.name).toBe("last");
  expect(blockAround(blocks, 99)).toBeUndefined();
});

test("blocks are flattened as they are read", () => {
  expect(flattened(blocks).map((one) => one.name)).toEqual(["loop", "inner", "last"]);
});

test("a finding belongs to the innermost block, and the rest to the definition", () => {
  const finding = (...places: string[]) => ({ places, code: "c", message: "m" }) as Finding;
  const found = findingsByBlock(blocks, [finding("/do/0/loop/do/0/inner/set/a"), finding("/document/name")]);
  expect([...found.keys()]).toEqual(["/do/0/loop/do/0/inner", ""]);
});

test("a finding in what several tasks call is told at each of them, and once at one that calls it twice", () => {
  const finding = { places: ["/do/0/loop/a", "/do/0/loop/b", "/do/1/last/a"], code: "c" } as Finding;
  const found = findingsByBlock(blocks, [finding]);
  expect([...found.values()]).toEqual([[finding], [finding]]);
});

test("what is to be filled in belongs to the task that has it, and not to one around it", () => {
  const places = ["/do/1/a/with/path/id", "/do/1/all/with/do/0/a/with/body/x", "/do/10/a/with/body/y"];
  expect(toFillInOf("/do/1/a", places)).toEqual(["/with/path/id"]);
  expect(toFillInOf("/do/1/all", places)).toEqual([]);
  const loop = [
    "/do/0/each/for/in",
    "/do/0/each/do/0/a/with/body/x",
    "/do/0/each/do/1/b/try/0/c/with/path/y",
  ];
  expect(toFillInOf("/do/0/each", loop)).toEqual(["/for/in"]);
  expect(toFillInOf("/do/0/each/do/1/b", loop)).toEqual([]);
  expect(toFillInOf("/do/1/all/with/do/0/a", places)).toEqual(["/with/body/x"]);
});

test("blocks of a text that can't be read any more are where their lines are by now", () => {
  const inner = block("/do/0/loop/do/0/a", 20, 30);
  const found = carried([block("/do/0/loop", 10, 40, [inner]), block("/do/1/b", 41, 50)], {
    from: 22,
    to: 24,
    insert: "new line",
  });
  const places = flattened(found).map(({ start, end }) => [start, end]);
  expect(places).toEqual([
    [10, 46],
    [20, 36],
    [47, 56],
  ]);
});

test("places and pointers", () => {
  expect(placeOf("/do/0/loop/do/3/inner")).toEqual({ list: "/do/0/loop/do", index: 3 });
  expect(pointerAt("/do", 2, "a/b~c")).toBe("/do/2/a~1b~0c");
});

test("the smallest difference of two texts", () => {
  for (const [before, after] of [
    ["", "a"],
    ["aaa", "aa"],
    ["a: 1\nb: 2\n", "a: 1\nc: 3\nb: 2\n"],
    ["ab", "ba"],
  ] as const) {
    const found = difference(before, after);
    expect(found && before.slice(0, found.from) + found.insert + before.slice(found.to)).toBe(after);
  }
  expect(difference("a", "a")).toBeNull();
  expect(difference("a: 1\nb: 2\n", "a: 1\nb: 3\n")).toEqual({ from: 8, to: 9, insert: "3" });
});

test("blocks are drawn alike wherever they stand in the text, and not once something in them differs", () => {
  const [loop, last] = blocks as [Block, Block];
  const moved = block("/do/0/loop", 3, 53, [block("/do/0/loop/do/0/inner", 23, 48)]);
  expect(drawnAlike(loop, moved)).toBe(true);
  expect(drawnAlike(loop, { ...moved, summary: "other" })).toBe(false);
  expect(drawnAlike(loop, block("/do/0/loop", 0, 50, [block("/do/0/loop/do/0/other", 20, 45)]))).toBe(false);
  expect(drawnAlike(loop, { ...loop, branches: [] })).toBe(false);
  expect(drawnAlike(last, { ...last, cases: [{ name: "a", when: null, then: "end" }] })).toBe(false);
});

test("findings read alike at a block where only their lines have changed", () => {
  const finding = (message: string, line: number) =>
    ({ pointer: "/do/1/last/set", code: "c", message, line, severity: "error" }) as Finding;
  expect(toldAlike([finding("m", 1)], [finding("m", 2)])).toBe(true);
  expect(toldAlike([finding("m", 1)], [finding("n", 1)])).toBe(false);
  expect(toldAlike([finding("m", 1)], [])).toBe(false);
});

test("of one place one thing is told: a fault of the text, and not that the data lack it, too", () => {
  const finding = (place: string, code: string) => ({ pointer: place, places: [place], code }) as Finding;
  const wrong = finding("/do/0/loop/for/in", "unknown-field");
  const alsoLacking = finding("/do/0/loop/for/in", "absent-field");
  const lacking = finding("/do/1/last/set/a", "absent-field");
  expect(toldWithDoubts([wrong], [alsoLacking, lacking])).toEqual([wrong, lacking]);
  expect(isOfToFillIn(wrong, ["/do/0/loop/for/in"])).toBe(true);
  expect(isOfToFillIn(lacking, ["/do/0/loop/for/in"])).toBe(false);
});

/** Blocks by the lines of a text: `- a 1`, and what is in it indented below it. */
function read(text: string) {
  const of = (from: number, to: number, indent: number, around: string): Block[] => {
    const heads = [...text.slice(from, to).matchAll(new RegExp(`^ {${indent}}- (\\w+)`, "gm"))];
    return heads.map((head, index) => {
      const start = from + head.index;
      const end = from + (heads[index + 1]?.index ?? to - from);
      const pointer = `${around}/${index}/${head[1]}`;
      return block(pointer, start, end, of(start, end, indent + 2, `${pointer}/do`));
    });
  };
  return { text, blocks: of(0, text.length, 0, "/do") };
}

test.each([
  ["a block that was not there", "- a\n- c\n", "- a\n- b\n- c\n", ["b"]],
  ["one in a loop", "- a\n  - b\n- d\n", "- a\n  - b\n  - c\n- d\n", ["c"]],
  ["one with those in it", "- d\n", "- a\n  - b\n- d\n", ["a", "b"]],
  ["a loop that is put around one", "- a\n- b\n", "- a\n- each\n  - b\n", ["each", "b"]],
  ["a loop that is taken away", "- a\n- each\n  - b\n", "- a\n- b\n", ["b"]],
  ["a value of one", "- a 1\n  - b 1\n- c 1\n", "- a 1\n  - b 2\n- c 1\n", ["b"]],
  ["a name, with who reads it", "- x\n- b 1 $tasks.x\n", "- y\n- b 1 $tasks.y\n", ["y", "b"]],
  ["two that change places", "- a\n- b\n- c\n", "- b\n- a\n- c\n", ["b", "a"]],
  ["one that goes down", "- a\n  - i\n- b\n- c\n", "- b\n- c\n- a\n  - i\n", ["a"]],
  ["one that goes up", "- a\n- b\n- c\n", "- c\n- a\n- b\n", ["c"]],
  ["nothing but a block that goes", "- a\n- b\n- c\n", "- a\n- c\n", []],
  ["nothing but a line before them", "- a\n", "# why\n- a\n", []],
])("a change has brought, altered or moved %s", (_what, before, after, names) => {
  expect(changedBlocks(read(before), read(after)).map((one) => one.name)).toEqual(names);
});
