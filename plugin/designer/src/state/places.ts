import type { Block, Edit } from "../api/types";
import { blockAt, flattened, isWithin, itemOf, partOf } from "./blocks";
import { shifted } from "./nesting";

/** What an edit did to a place: where it is now; null where it is gone. */
type Move = (place: string, blocks: Block[]) => string | null;

/**
 * Where places are that edits have renamed or moved. A form tells the places that it was made with until it is made anew; what is
 * asked in it meanwhile is meant for where they are by then.
 */
class Places {
  private moves: Move[] = [];
  private shown = 0;

  /** The form that is shown tells all places as they are; or there is none of before. */
  areShown(): void {
    this.shown = this.moves.length;
  }

  /** What somebody who asks for an edit now may not have been shown. */
  asked(): number {
    return this.shown;
  }

  /** Remembers where the blocks are that edits, or somebody's typing, have moved, and what edits did to other places. */
  take(edits: Edit[], before: Block[], after: Block[]): void {
    const named = new Map<string, string>();
    for (const edit of edits) {
      if (edit.op === "rename" || edit.op === "rename_key")
        named.set(edit.pointer, partOf(itemOf(edit.pointer), edit.name));
      if (edit.op === "remove" && isItem(edit.pointer) && !holdsBlocks(edit.pointer, before))
        this.moves.push(withoutItem(edit.pointer));
    }
    for (const [from, to] of movedBlocks(before, after)) named.set(from, to);
    if (named.size) this.moves.push(renamed(named));
  }

  /** Edits that were asked for at some time, at the places of the blocks as they are; without those of what is gone. */
  follow(edits: Edit[], asked: number, blocks: Block[]): Edit[] {
    const now = (place: string) =>
      this.moves.slice(asked).reduce<string | null>((at, move) => at && move(at, blocks), place);
    return edits.flatMap((edit) => {
      const followed: Record<string, string | null> = {};
      if ("pointer" in edit) followed.pointer = now(edit.pointer);
      if ("list" in edit) followed.list = now(edit.list);
      return Object.values(followed).includes(null) ? [] : [{ ...edit, ...followed } as Edit];
    });
  }
}

export const places = new Places();

/** By the longest name that fits, of blocks that are not there under it. */
function renamed(named: Map<string, string>): Move {
  return (place, blocks) => {
    for (let from = place; from; from = from.slice(0, from.lastIndexOf("/"))) {
      const to = named.get(from);
      if (to !== undefined && !blockAt(blocks, from)) return to + place.slice(from.length);
    }
    return place;
  };
}

/** An item of a list is gone, and those behind it stand one before; a second click on its button is not meant for them. */
function withoutItem(item: string): Move {
  const list = itemOf(item);
  const index = Number(item.slice(list.length + 1));
  return (place) => (isWithin(place, item) ? null : shifted(place, list, index, -1));
}

const holdsBlocks = (place: string, blocks: Block[]) =>
  flattened(blocks).some(({ pointer }) => isWithin(pointer, place));

const isItem = (pointer: string) => /\/\d+$/.test(pointer);

/** Blocks that stand elsewhere now, each by its name, where one alone has it. */
function movedBlocks(before: Block[], after: Block[]): [string, string][] {
  const named = new Map<string, string | null>();
  for (const { name, pointer } of flattened(after)) named.set(name, named.has(name) ? null : pointer);
  return flattened(before).flatMap(({ name, pointer }): [string, string][] => {
    const to = blockAt(after, pointer) ? null : named.get(name);
    return to ? [[pointer, to]] : [];
  });
}
