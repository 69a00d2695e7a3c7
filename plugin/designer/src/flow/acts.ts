import type { Block, Edit, Finding, TaskExecution } from "../api/types";
import { useLayout } from "../app/layout";
import type { Place } from "../catalog/adding";
import { useRun } from "../runs/run";
import { useRunStates } from "../runs/states";
import { blockAt, flattened, isWithin, itemOf, placeOf, pointerAt } from "../state/blocks";
import { useDocument } from "../state/document";
import { type Moved, stepped, takenIn, takenOut, takenTo, type Wrapping, wrapped } from "../state/nesting";

/** Selects a block, and has the keyboard go on from there. */
export function focusBlock(pointer: string): void {
  useDocument.getState().select(pointer);
  focusHead(pointer);
}

function focusHead(pointer: string): void {
  const head = () => document.querySelector<HTMLElement>(`[data-pointer="${CSS.escape(pointer)}"]`);
  if (head()) head()?.focus();
  else requestAnimationFrame(() => head()?.focus()); // it is new
}

/** Whether what is wrong is not of a task: it stands where there is no field. */
const isElsewhere = (finding: Finding) => /^\/use\/(?!functions\/)/.test(finding.pointer);

/** Whether the text of a fault stands elsewhere than the block that shows it: its line has to be told. */
export const isWrittenElsewhere = (finding: Finding, block: string) => !isWithin(finding.pointer, block);

/** Goes to what is wrong: to its field, where a block has it or the form of the schedule; else to its text. */
export function goToFault(finding: Finding, block: string | null): void {
  const layout = useLayout.getState();
  if (block === null || isElsewhere(finding)) {
    layout.enterText(finding.start);
    if (finding.pointer.startsWith("/schedule/")) layout.openPanel("schedules");
  } else {
    useDocument.getState().select(block);
    layout.enterForm(finding.places.find((place) => isWithin(place, block)));
    layout.reveal(finding.start);
  }
}

/** Shows the latest execution of a block that is in a state; one that waits for an event, with the form that gives it one. */
export function goToRun(pointer: string, state: TaskExecution["state"]): void {
  const tasks = useRun.getState().view?.tasks ?? [];
  const id = tasks.findLast((one) => one.pointer === pointer && one.state === state)?.id ?? pointer;
  useDocument.getState().select(pointer);
  useLayout.getState().showPane("task");
  useRunStates.getState().look(id);
  requestAnimationFrame(() => {
    const form = document.querySelector(`.emit[data-task="${CSS.escape(id)}"]`);
    const fields = ":is(.event-choices, .field, :scope > label) :is(button, input, textarea, select)";
    form?.querySelector<HTMLElement>(fields)?.focus();
    (form ?? document.querySelector(".task-detail"))?.scrollIntoView({ block: "nearest" });
  });
}

/** Where a block of a list stands by now: a key that is held comes again before the flow has changed. */
function placeNow(list: string, name: string | undefined): number {
  const all = flattened(useDocument.getState().blocks).map((one) => ({
    ...placeOf(one.pointer),
    name: one.name,
  }));
  return all.find((one) => one.list === list && one.name === name)?.index ?? -1;
}

/** Takes a block out; the one behind it is next, else the one before it, else the one around it. */
export async function removeBlock(pointer: string): Promise<void> {
  const { list, index } = placeOf(pointer);
  const { blocks, edit } = useDocument.getState();
  const name = blockAt(blocks, pointer)?.name;
  const removed = await edit(() =>
    placeNow(list, name) === index ? [{ op: "remove", pointer: itemOf(pointer) }] : [],
  );
  if (!removed) return;
  const all = flattened(useDocument.getState().blocks);
  const at = (place: number) => all.find((one) => itemOf(one.pointer) === `${list}/${place}`);
  const next = at(index) ?? at(index - 1) ?? all.findLast((one) => list.startsWith(`${one.pointer}/`));
  if (next) focusBlock(next.pointer);
  else document.querySelector<HTMLElement>(".insert-first, .insert.last")?.focus();
}

/** Moves a block up or down, from the end of a list into the next one of the block around it. */
export const moveBlock = (pointer: string, step: number) =>
  nest(pointer, (blocks, at) => stepped(blocks, at, step));

/** Moves a block out of the one around it, behind that; or, the other way, to the end of the one before it. */
export const takeOut = (pointer: string) => nest(pointer, takenOut);
export const takeIn = (pointer: string) => nest(pointer, takenIn);

/** Puts a block into a new one, in its place. */
export const wrap = (pointer: string, around: Wrapping) =>
  nest(pointer, (blocks, at) => wrapped(blocks, at, around));

/** Moves a block to another place; what is selected stays so. */
export const moveTo = (pointer: string, place: Place) =>
  nest(pointer, (blocks, at) => takenTo(blocks, at, place), focusHead);

async function nest(
  pointer: string,
  change: (blocks: Block[], pointer: string) => Moved | null,
  goOn = focusBlock,
): Promise<void> {
  const { list } = placeOf(pointer);
  const { blocks, edit } = useDocument.getState();
  const name = blockAt(blocks, pointer)?.name;
  let moved: Moved | null = null;
  const edits = (): Edit[] => {
    const index = placeNow(list, name);
    moved = index < 0 ? null : change(useDocument.getState().blocks, pointerAt(list, index, name ?? ""));
    return moved?.edits ?? [];
  };
  const done = await edit(edits);
  const to = (moved as Moved | null)?.to;
  if (done && to !== undefined) goOn(to);
}
