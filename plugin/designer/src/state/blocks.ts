import type { Block, Edit, Finding } from "../api/types";
import type { Changed } from "./changes";

/** All blocks, as they are read from top to bottom. */
export function flattened(blocks: Block[]): Block[] {
  return blocks.flatMap((block) => [block, ...block.branches.flatMap((branch) => flattened(branch.blocks))]);
}

const indexes = new WeakMap<Block[], Map<string, Block>>();

/** All blocks by their pointers; asked for with every key, so made once. */
function indexOf(blocks: Block[]): Map<string, Block> {
  const known = indexes.get(blocks);
  if (known) return known;
  const made = new Map(flattened(blocks).map((block) => [block.pointer, block]));
  indexes.set(blocks, made);
  return made;
}

export function blockAt(blocks: Block[], pointer: string | null): Block | undefined {
  return pointer === null ? undefined : indexOf(blocks).get(pointer);
}

/** The outermost block around one that only runs as a whole, such as a loop or the branches of a fork; else itself. */
export function wholeAround(blocks: Block[], pointer: string): Block | undefined {
  const around = flattened(blocks).find((one) =>
    one.branches.some(
      (branch) => !branch.entered && branch.blocks.some((inner) => isWithin(pointer, inner.pointer)),
    ),
  );
  return around ?? blockAt(blocks, pointer);
}

/** Whether a pointer is a place, or of something in it. */
export const isWithin = (pointer: string, place: string) => `${pointer}/`.startsWith(`${place}/`);

/** Blocks of a text, with their places in another that it became. */
export function carried(blocks: Block[], { from, to, insert }: Changed): Block[] {
  const at = (place: number) =>
    place <= from ? place : place < to ? from + insert.length : place + insert.length - (to - from);
  return blocks.map((block) => ({
    ...block,
    start: at(block.start),
    end: at(block.end),
    branches: block.branches.map((branch) => ({
      ...branch,
      blocks: carried(branch.blocks, { from, to, insert }),
    })),
  }));
}

/** Where the block of a name is, if there is one alone: it has moved, or what stands before it has. */
export function movedTo(blocks: Block[], name: string | undefined): string | undefined {
  const [found, ...others] = flattened(blocks).filter((block) => block.name === name);
  return others.length ? undefined : found?.pointer;
}

/** A text, and its blocks. */
export interface Read {
  text: string;
  blocks: Block[];
}

/**
 * The blocks that a change has brought, altered or moved, those that were not there before first. A block is itself wherever
 * it stands in its list: what stands before it does not change it, and what is in it has its own.
 */
export function changedBlocks(before: Read, after: Read): Block[] {
  const former = signaturesOf(before);
  const known = new Set(former.map(([signature]) => signature));
  const names = new Set(former.map(([, block]) => block.name));
  const changed = signaturesOf(after)
    .filter(([signature]) => !known.has(signature))
    .map(([, block]) => block);
  if (!changed.length) return moved(before.blocks, after.blocks);
  const isNew = ({ name }: Block) => !names.has(name);
  return [...changed.filter(isNew), ...changed.filter((block) => !isNew(block))];
}

function signaturesOf({ text, blocks }: Read, around = ""): [string, Block][] {
  return blocks.flatMap((block) => {
    const inner = block.branches.flatMap((branch) =>
      signaturesOf({ text, blocks: branch.blocks }, `${block.name} ${branch.label}`),
    );
    return [[JSON.stringify([block.name, around, ownText(text, block)]), block], ...inner] as [
      string,
      Block,
    ][];
  });
}

/** The text of a block without that of those in it, however it is indented. */
function ownText(text: string, { start, end, branches }: Block): string {
  let own = "";
  let from = start;
  const inner = branches.flatMap((branch) => branch.blocks).sort((one, other) => one.start - other.start);
  for (const block of inner) {
    own += text.slice(from, block.start);
    from = block.end;
  }
  return (own + text.slice(from, end)).replace(/[\s-]+/g, " ");
}

/** Of blocks that stand in another order, those without which it is the same: both of two that changed places. */
function moved(before: Block[], after: Block[]): Block[] {
  const [ones, others] = [flattened(before), flattened(after)];
  const at = others.findIndex((block, index) => block.name !== ones[index]?.name);
  const without = (all: Block[], name: string | undefined) => {
    const left = all.find((block) => block.name === name);
    return all
      .filter(({ pointer }) => left && !isWithin(pointer, left.pointer))
      .map((block) => block.name)
      .join("\n");
  };
  return [others[at], ones[at]].flatMap((one) => {
    const found = others.find((block) => block.name === one?.name);
    return found && without(ones, one?.name) === without(others, one?.name) ? [found] : [];
  });
}

/** Whether two blocks are drawn alike: where they stand in the text changes with each key, and is not drawn. */
export function drawnAlike(one: Block, other: Block): boolean {
  if (one === other) return true;
  return (
    one.pointer === other.pointer &&
    one.name === other.name &&
    one.kind === other.kind &&
    one.summary === other.summary &&
    one.condition === other.condition &&
    one.then === other.then &&
    alike(one.cases, other.cases, (a, b) => a.name === b.name && a.when === b.when && a.then === b.then) &&
    alike(
      one.branches,
      other.branches,
      (a, b) => a.pointer === b.pointer && a.label === b.label && alike(a.blocks, b.blocks, drawnAlike),
    )
  );
}

const alike = <T>(ones: T[], others: T[], same: (one: T, other: T) => boolean) =>
  ones.length === others.length && ones.every((one, index) => same(one, others[index] as T));

/** The innermost block around a place of the text. */
export function blockAround(blocks: Block[], offset: number): Block | undefined {
  for (const block of blocks) {
    if (offset < block.start || offset > block.end) continue;
    for (const branch of block.branches) {
      const inner = blockAround(branch.blocks, offset);
      if (inner) return inner;
    }
    return block;
  }
  return undefined;
}

/** A finding belongs to the innermost block around each of its places; "" has those that belong to none. */
export function findingsByBlock(blocks: Block[], findings: Finding[]): Map<string, Finding[]> {
  const known = indexOf(blocks);
  const found = new Map<string, Finding[]>();
  for (const finding of findings) {
    const owners = finding.places.map((place) => {
      let owner = place;
      while (owner && !known.has(owner)) owner = owner.slice(0, owner.lastIndexOf("/"));
      return owner;
    });
    for (const owner of new Set(owners)) {
      const before = found.get(owner);
      if (before) before.push(finding);
      else found.set(owner, [finding]);
    }
  }
  return found;
}

/** Those of the values which are still to be filled in that are of one task, without its pointer: `/with/path/id`. */
export const toFillInOf = (pointer: string, toFillIn: string[]) =>
  toFillIn
    .filter((one) => one.startsWith(`${pointer}/`) && !IN_ANOTHER_TASK.test(one.slice(pointer.length)))
    .map((one) => one.slice(pointer.length));

/** Behind the pointer of a task: that of one in it. */
const IN_ANOTHER_TASK = /^\/((with\/|catch\/|foreach\/)?do|try|fork\/branches)\/\d+\//;

type Placed = Pick<Finding, "code" | "pointer" | "places">;

/** Whether a definition has no task yet, which is how each one begins: it is invited to go on, and not told of an error. */
export const isEmpty = (findings: Finding[]) => findings.some(isOfNoTask);

/** What is told of a definition as it stands, beside that it has no task yet. */
export const told = <T extends Placed>(findings: T[]) => findings.filter((finding) => !isOfNoTask(finding));

/** The same with what its data lack: of a value of which something is told already, nothing more. */
export const toldWithDoubts = <T extends Placed>(findings: T[], doubts: T[]) => [
  ...told(findings),
  ...doubts.filter(
    (doubt) => !findings.some(({ places }) => places.some((one) => doubt.places.includes(one))),
  ),
];

/** Whether it tells of a value that is still to be filled in. */
export const isToFillIn = ({ code }: Pick<Finding, "code">) => code === "to-fill-in";

/** Whether it is of a value that is still to be filled in, which is all there is to tell of that. */
export const isOfToFillIn = ({ places }: Placed, toFillIn: string[]) =>
  places.some((place) => toFillIn.includes(place));

/** How many errors it has, wherever that is told. */
export const errorsOf = (findings: Finding[]) =>
  told(findings).filter((finding) => finding.severity === "error").length;

const isOfNoTask = ({ code, pointer }: Placed) => code === "empty" && pointer === "/do";

/** Whether two lists of findings read alike at a block. */
export const toldAlike = (ones: Finding[], others: Finding[]) =>
  alike(
    ones,
    others,
    (a, b) =>
      a.code === b.code && a.pointer === b.pointer && a.message === b.message && a.severity === b.severity,
  );

/** Where a block stands: `/do/2/page` is number 2 of the list `/do`. */
export function placeOf(pointer: string): { list: string; index: number } {
  const tokens = pointer.split("/");
  return { list: tokens.slice(0, -2).join("/"), index: Number(tokens.at(-2)) };
}

/** The item of a list that a task is: `/do/2` of `/do/2/page`. */
export const itemOf = (pointer: string) => pointer.slice(0, pointer.lastIndexOf("/"));

/** The pointer of a part, its name escaped as JSON Pointer has it. */
export function partOf(pointer: string, name: string | number): string {
  return `${pointer}/${String(name).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/** The pointer of a task that stands at a place. */
export const pointerAt = (list: string, index: number, name: string) => partOf(`${list}/${index}`, name);

/** The names of the tasks that stand in the same list as a task. */
export function besides(blocks: Block[], pointer: string): string[] {
  const { list } = placeOf(pointer);
  return flattened(blocks)
    .filter((block) => block.pointer !== pointer && placeOf(block.pointer).list === list)
    .map((block) => block.name);
}

/** A name that no other has. */
export function freeName(wanted: string, taken: string[]): string {
  let name = wanted;
  for (let number = 2; taken.includes(name); number++) name = `${wanted}${number}`;
  return name;
}

/** A place, as it is called wherever the task stands. */
export const anywhere = (pointer: string) => pointer.replace(/\/do\/\d+(?=\/)/g, "/do");

/** Whether a place is one of some, or below one: these as they are called wherever their task stands. */
export const isBelow = (pointer: string, places: string[]) =>
  places.some((place) => isWithin(anywhere(pointer), place));

/** What is told, but that a value is to be filled in which somebody means as it is. */
export const withoutKept = (findings: Finding[], kept: string[]) =>
  findings.filter((one) => !isToFillIn(one) || !one.places.some((place) => isBelow(place, kept)));

/** What is meant stays so under the new name of its task, and under the former one that an undo brings back. */
export const keptRenamed = (kept: string[], edits: Edit[]) =>
  edits.reduce((all, one) => {
    if (one.op !== "rename") return all;
    const former = anywhere(one.pointer);
    const name = former.slice(0, former.lastIndexOf("/") + 1) + one.name;
    const moved = all
      .filter((place) => isBelow(place, [former]))
      .map((place) => name + place.slice(former.length));
    return [...new Set(all.concat(moved))];
  }, kept);
