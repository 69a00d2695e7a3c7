import { blockAt, flattened, itemOf, placeOf, pointerAt } from "../state/blocks";
import { useDocument } from "../state/document";

/** Selects a block, and has the keyboard go on from there. */
export function focusBlock(pointer: string): void {
  useDocument.getState().select(pointer);
  const head = () => document.querySelector<HTMLElement>(`[data-pointer="${CSS.escape(pointer)}"]`);
  if (head()) head()?.focus();
  else requestAnimationFrame(() => head()?.focus()); // it is new
}

/** Takes a block out; the one behind it is next, else the one before it, else the one around it. */
export async function removeBlock(pointer: string): Promise<void> {
  const { list, index } = placeOf(pointer);
  if (!(await useDocument.getState().edit([{ op: "remove", pointer: itemOf(pointer) }]))) return;
  const all = flattened(useDocument.getState().blocks);
  const at = (place: number) => all.find((one) => itemOf(one.pointer) === `${list}/${place}`);
  const next = at(index) ?? at(index - 1) ?? all.findLast((one) => list.startsWith(`${one.pointer}/`));
  if (next) focusBlock(next.pointer);
  else document.querySelector<HTMLElement>(".insert-first, .insert.last")?.focus();
}

/** Moves a block up or down in its list. */
export async function moveBlock(pointer: string, step: number): Promise<void> {
  const { list, index } = placeOf(pointer);
  const { blocks, edit } = useDocument.getState();
  const block = blockAt(blocks, pointer);
  if (!block || index + step < 0) return;
  const moved = await edit([
    { op: "move", pointer: itemOf(pointer), list, index: step > 0 ? index + 2 : index - 1 },
  ]);
  if (moved) focusBlock(pointerAt(list, index + step, block.name));
}
