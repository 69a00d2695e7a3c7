import type { Block } from "../api/types";

/** A block as tests have it, a `set` that holds no others, with what they say of it. */
export const blockOf = (pointer: string, said: Partial<Block> = {}): Block => ({
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
  branches: [],
  ...said,
});

/** One that holds others: its lists of blocks by their labels. */
export const blockWith = (pointer: string, inside: Record<string, Block[]>, said: Partial<Block> = {}) =>
  blockOf(pointer, {
    branches: Object.entries(inside).map(([label, blocks]) => ({
      label,
      pointer: `${pointer}/${label}`,
      entered: false,
      blocks,
    })),
    ...said,
  });
