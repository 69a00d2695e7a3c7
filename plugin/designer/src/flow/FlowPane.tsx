import { type KeyboardEvent, useEffect, useMemo, useRef } from "react";
import { useAdding } from "../catalog/adding";
import { blockAt, findingsByBlock, flattened, itemOf, placeOf, pointerAt } from "../state/blocks";
import { useDocument } from "../state/document";
import { BlockList } from "./BlockView";

/** The definition as nested blocks. */
export function FlowPane() {
  const blocks = useDocument((state) => state.blocks);
  const findings = useDocument((state) => state.findings);
  const faults = useMemo(() => findingsByBlock(blocks, findings), [blocks, findings]);
  const general = faults.get("") ?? [];
  const pane = useRef<HTMLElement>(null);
  useFollowSelection(pane);
  return (
    <section className="flow" aria-label="Flow" ref={pane} onKeyDown={onKey}>
      {general.map((finding) => (
        <p className={`block-fault ${finding.severity}`} key={finding.pointer + finding.code}>
          <b>line {finding.line}</b> {finding.message}
          {finding.hint ? ` — ${finding.hint}` : ""}
        </p>
      ))}
      <BlockList list="/do" blocks={blocks} faults={faults} />
    </section>
  );
}

/** A block that is selected in the text comes into sight. */
function useFollowSelection(pane: React.RefObject<HTMLElement | null>) {
  const selected = useDocument((state) => state.selected);
  useEffect(() => {
    if (selected === null) return;
    pane.current
      ?.querySelector(`[data-pointer="${CSS.escape(selected)}"]`)
      ?.scrollIntoView({ block: "nearest" });
  }, [selected, pane]);
}

function focusBlock(pane: HTMLElement, pointer: string) {
  useDocument.getState().select(pointer);
  pane.querySelector<HTMLElement>(`[data-pointer="${CSS.escape(pointer)}"]`)?.focus();
}

function onKey(event: KeyboardEvent<HTMLElement>) {
  const pointer = (event.target as HTMLElement).dataset.pointer;
  if (!pointer || event.ctrlKey || event.metaKey) return;
  const pane = event.currentTarget;
  const { list, index } = placeOf(pointer);
  const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };
  const step = steps[event.key];
  if (step !== undefined && event.altKey) void moveBlock(pane, pointer, step);
  else if (step !== undefined) stepTo(pane, pointer, step);
  else if (event.key === "ArrowLeft") stepOut(pane, pointer);
  else if (event.key === "/") useAdding.getState().begin({ list, index: index + 1 });
  else if (event.key === "Delete")
    void useDocument.getState().edit([{ op: "remove", pointer: itemOf(pointer) }]);
  else return;
  event.preventDefault();
}

function stepTo(pane: HTMLElement, pointer: string, step: number) {
  const all = flattened(useDocument.getState().blocks);
  const next = all[all.findIndex((block) => block.pointer === pointer) + step];
  if (next) focusBlock(pane, next.pointer);
}

function stepOut(pane: HTMLElement, pointer: string) {
  const around = flattened(useDocument.getState().blocks).filter((block) =>
    pointer.startsWith(`${block.pointer}/`),
  );
  const parent = around.at(-1);
  if (parent) focusBlock(pane, parent.pointer);
}

/** Moves a block up or down in its list. */
async function moveBlock(pane: HTMLElement, pointer: string, step: number) {
  const { list, index } = placeOf(pointer);
  const block = blockAt(useDocument.getState().blocks, pointer);
  if (!block || index + step < 0) return;
  const moved = await useDocument
    .getState()
    .edit([{ op: "move", pointer: itemOf(pointer), list, index: step > 0 ? index + 2 : index - 1 }]);
  if (moved) focusBlock(pane, pointerAt(list, index + step, block.name));
}
