import type { Block, Finding } from "../api/types";

/** All blocks, as they are read from top to bottom. */
export function flattened(blocks: Block[]): Block[] {
  return blocks.flatMap((block) => [block, ...block.branches.flatMap((branch) => flattened(branch.blocks))]);
}

export function blockAt(blocks: Block[], pointer: string | null): Block | undefined {
  return pointer === null ? undefined : flattened(blocks).find((block) => block.pointer === pointer);
}

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

/** A finding belongs to the innermost block that holds its pointer. */
export function findingsByBlock(blocks: Block[], findings: Finding[]): Map<string, Finding[]> {
  const all = flattened(blocks).sort((a, b) => b.pointer.length - a.pointer.length);
  const found = new Map<string, Finding[]>();
  for (const finding of findings) {
    const owner = all.find(
      (block) => finding.pointer === block.pointer || finding.pointer.startsWith(`${block.pointer}/`),
    );
    const key = owner?.pointer ?? "";
    found.set(key, [...(found.get(key) ?? []), finding]);
  }
  return found;
}

/** Where a block stands: `/do/2/page` is number 2 of the list `/do`. */
export function placeOf(pointer: string): { list: string; index: number } {
  const tokens = pointer.split("/");
  return { list: tokens.slice(0, -2).join("/"), index: Number(tokens.at(-2)) };
}

/** The item of a list that a task is: `/do/2` of `/do/2/page`. */
export const itemOf = (pointer: string) => pointer.slice(0, pointer.lastIndexOf("/"));

/** The pointer of a task that stands at a place, its name escaped as JSON Pointer has it. */
export function pointerAt(list: string, index: number, name: string): string {
  return `${list}/${index}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}
