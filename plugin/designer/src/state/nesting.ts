import type { Block, Edit } from "../api/types";
import type { Place } from "../catalog/adding";
import { PLAIN } from "../catalog/plain";
import { isOfFork } from "../flow/kinds";
import { blockAt, flattened, freeName, isWithin, itemOf, placeOf, pointerAt } from "./blocks";

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

/**
 * A block goes to another place, and the block that it was the last task of goes away.
 *
 * @returns null where it is there already, or where the place would go with it.
 */
export function takenTo(blocks: Block[], pointer: string, { list, index }: Place): Moved | null {
  const block = blockAt(blocks, pointer);
  const from = placeOf(pointer);
  const item = itemOf(pointer);
  const stays = list === from.list && (index === from.index || index === from.index + 1);
  if (!block || stays || isWithin(list, item)) return null;
  const emptied = emptiedBy(blocks, pointer, list);
  if (emptied !== null && isWithin(list, emptied)) return null;
  const isFirst = !flattened(blocks).some((one) => placeOf(one.pointer).list === list);
  const at: Place = { list, index: isFirst ? 1 : index };
  const now = (one: string) => withoutItem(withItem(one, at), withItem(item, at));
  const edits: Edit[] = [];
  if (isFirst) edits.push(filler(list, 0)); // for the move needs a list to go to
  if (emptied !== null) edits.push(filler(from.list, from.index + 1)); // for it is not taken from a list of one
  edits.push({ op: "move", pointer: item, ...at });
  const first = `${now(list)}/0`;
  if (isFirst) edits.push({ op: "remove", pointer: first });
  const gone = emptied === null ? null : now(emptied);
  if (gone !== null) edits.push({ op: "remove", pointer: gone });
  const there = withoutItem(`${at.list}/${at.index}`, withItem(item, at));
  const landed = isFirst ? first : there;
  const to = placeOf(`${gone === null ? landed : withoutItem(landed, gone)}/`);
  return { edits, to: pointerAt(to.list, to.index, block.name) };
}

const filler = (list: string, index: number): Edit => ({
  op: "insert",
  list,
  index,
  name: "empty",
  task: { set: {} },
});

/** What of the definition would hold no task any more without a block: the item of one around it, or `do` of a `catch`. */
function emptiedBy(blocks: Block[], pointer: string, target: string): string | null {
  const { list } = placeOf(pointer);
  const all = flattened(blocks);
  const isAlone = all.every((one) => one.pointer === pointer || placeOf(one.pointer).list !== list);
  const around = all.findLast((one) => pointer.startsWith(`${one.pointer}/`));
  if (!isAlone || !around || list === target) return null;
  if (list === `${around.pointer}/catch/do`) return list;
  return emptiedBy(blocks, around.pointer, target) ?? itemOf(around.pointer);
}

/** The pointer of what stands at one, once a list has one item more. */
const withItem = (pointer: string, { list, index }: Place) => shifted(pointer, list, index, 1);

/** As that, once an item has gone that it does not stand in. */
function withoutItem(pointer: string, item: string): string {
  const { list, index } = placeOf(`${item}/`);
  return shifted(pointer, list, index, -1);
}

/** A pointer, with the items of a list behind one elsewhere. */
export function shifted(pointer: string, list: string, from: number, by: number): string {
  if (!pointer.startsWith(`${list}/`)) return pointer;
  const [number = "", ...rest] = pointer.slice(list.length + 1).split("/");
  const index = Number(number);
  return [list, index >= from ? index + by : number, ...rest].join("/");
}

/** A block goes out, behind the one around it. */
export function takenOut(blocks: Block[], pointer: string): Moved | null {
  const around = aroundOf(blocks, pointer);
  if (!around) return null;
  const { list, index } = placeOf(around.pointer);
  return takenTo(blocks, pointer, { list, index: index + 1 });
}

/** A block goes into the one before it, behind its tasks. */
export function takenIn(blocks: Block[], pointer: string): Moved | null {
  const { list, index } = placeOf(pointer);
  const before = flattened(blocks).find((one) => itemOf(one.pointer) === `${list}/${index - 1}`);
  const [into] = before ? listsOf(before) : [];
  return into ? takenTo(blocks, pointer, { list: into.list, index: into.length }) : null;
}

/** A block goes up or down in its list; from the end of one, into the next list of the block around it. */
export function stepped(blocks: Block[], pointer: string, step: number): Moved | null {
  const { list, index } = placeOf(pointer);
  const around = aroundOf(blocks, pointer);
  const lists = around ? listsOf(around) : [{ list, length: blocks.length }];
  const here = lists.findIndex((one) => one.list === list);
  const to = index + step;
  if (to >= 0 && to < (lists[here]?.length ?? 0))
    return takenTo(blocks, pointer, { list, index: step > 0 ? to + 1 : to });
  const next = lists[here + step];
  return next ? takenTo(blocks, pointer, { list: next.list, index: step > 0 ? 0 : next.length }) : null;
}

const aroundOf = (blocks: Block[], pointer: string) =>
  flattened(blocks).findLast((one) => pointer.startsWith(`${one.pointer}/`));

/** The lists of tasks in a block; the branches of a fork are one. */
function listsOf({ pointer, branches }: Block): { list: string; length: number }[] {
  if (branches.some((branch) => isOfFork(branch.label)))
    return [{ list: `${pointer}/fork/branches`, length: branches.length }];
  return branches.map((branch) => ({ list: branch.pointer, length: branch.blocks.length }));
}
