import type { Block, Edit } from "../api/types";
import { PLAIN } from "../catalog/plain";
import { blockAt, flattened, freeName, itemOf, placeOf, pointerAt } from "./blocks";

/** The edits that move a block to another level of the flow, and its pointer then. */
export interface Moved {
  edits: Edit[];
  to: string;
}

/** What a block can be put into: the kind of task, with the list of its tasks. */
export const WRAPPINGS = [
  { kind: "for", label: "For", list: "/do" },
  { kind: "call.map", label: "Map", list: "/with/do" },
  { kind: "try", label: "Try", list: "/try" },
  { kind: "do", label: "Do", list: "/do" },
] as const;

export type Wrapping = (typeof WRAPPINGS)[number];

/** The new block is written behind, with the one task that it begins with, whose place the block then takes. */
export function wrapped(blocks: Block[], pointer: string, { kind, list: inner }: Wrapping): Moved | null {
  const block = blockAt(blocks, pointer);
  const plain = PLAIN.find((one) => one.kind === kind);
  if (!block || !plain) return null;
  const { list, index } = placeOf(pointer);
  const name = freeName(
    plain.name,
    flattened(blocks).map((one) => one.name),
  );
  const into = (at: number) => `${pointerAt(list, at, name)}${inner}`;
  return {
    edits: [
      { op: "insert", list, index: index + 1, name, task: plain.task },
      { op: "move", pointer: itemOf(pointer), list: into(index + 1), index: 1 },
      { op: "remove", pointer: `${into(index)}/0` },
    ],
    to: pointerAt(into(index), 0, block.name),
  };
}

/** A block goes out, behind the one around it, which goes with its last task. */
export function takenOut(blocks: Block[], pointer: string): Moved | null {
  const block = blockAt(blocks, pointer);
  const { list, index } = placeOf(pointer);
  const around = flattened(blocks).findLast((one) => pointer.startsWith(`${one.pointer}/`));
  if (!block || !around) return null;
  const place = placeOf(around.pointer);
  const move: Edit = { op: "move", pointer: itemOf(pointer), list: place.list, index: place.index + 1 };
  const inside = around.branches.flatMap((branch) => branch.blocks);
  const isAlone = inside.every((one) => one.pointer === pointer || isOfCatch(around, one));
  if (!isAlone) return { edits: [move], to: pointerAt(place.list, place.index + 1, block.name) };
  return {
    edits: [
      { op: "insert", list, index: index + 1, name: "empty", task: { set: {} } }, // for it is not taken from a list of one
      move,
      { op: "remove", pointer: itemOf(around.pointer) },
    ],
    to: pointerAt(place.list, place.index, block.name),
  };
}

/** What catches the errors of a task has no meaning without it. */
const isOfCatch = (around: Block, block: Block) => block.pointer.startsWith(`${around.pointer}/catch/`);

/** A block goes into the one before it, behind its tasks. */
export function takenIn(blocks: Block[], pointer: string): Moved | null {
  const block = blockAt(blocks, pointer);
  const { list, index } = placeOf(pointer);
  const before = flattened(blocks).find((one) => itemOf(one.pointer) === `${list}/${index - 1}`);
  const branch = before?.branches[0];
  if (!block || !before || !branch) return null;
  const isFork = branch.pointer.startsWith(`${before.pointer}/fork/`);
  const into = isFork ? `${before.pointer}/fork/branches` : branch.pointer;
  const length = isFork ? before.branches.length : branch.blocks.length;
  return {
    edits: [{ op: "move", pointer: itemOf(pointer), list: into, index: length }],
    to: pointerAt(into, length, block.name),
  };
}
