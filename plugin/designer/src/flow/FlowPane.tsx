import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useEffect, useMemo, useRef } from "react";
import { readKeptAnswers } from "../api/endpoints";
import { useLayout } from "../app/layout";
import { useProject } from "../app/opening";
import { useAdding } from "../catalog/adding";
import { notSetUp } from "../connections/use";
import { useRunStates } from "../runs/states";
import { blockAt, findingsByBlock, flattened, isEmpty, placeOf, toldWithDoubts } from "../state/blocks";
import { useDocument } from "../state/document";
import { Icon } from "../ui/icons";
import { focusBlock, moveBlock, removeBlock, takeIn, takeOut } from "./acts";
import { BlockList, FaultLine, Kept } from "./BlockView";
import { useBlockDrag } from "./dragging";
import { isCall } from "./kinds";

/** The definition as nested blocks. */
export function FlowPane() {
  const blocks = useDocument((state) => state.blocks);
  const findings = useDocument((state) => state.findings);
  const doubts = useDocument((state) => state.doubts);
  const connections = useProject().data?.connections;
  const lacking = useMemo(() => notSetUp(blocks, connections), [blocks, connections]);
  const faults = useMemo(
    () => findingsByBlock(blocks, [...toldWithDoubts(findings, doubts), ...lacking]),
    [blocks, findings, doubts, lacking],
  );
  const general = faults.get("") ?? [];
  const pane = useRef<HTMLElement>(null);
  useFollowSelection(pane);
  const dragging = useBlockDrag(pane);
  return (
    <section className="flow" aria-label="Flow" ref={pane} onKeyDown={onKey} {...dragging} data-pane>
      {general.map((finding) => (
        <FaultLine key={finding.pointer + finding.code} finding={finding} block={null} />
      ))}
      <Kept value={useKept()}>
        {isEmpty(findings) ? <NoTask /> : <BlockList list="/do" blocks={blocks} faults={faults} />}
      </Kept>
    </section>
  );
}

/** Names of the tasks to whose requests an answer is kept, of the definition as it was saved. */
function useKept(): ReadonlySet<string> {
  const path = useDocument((state) => state.path);
  const base = useDocument((state) => state.base);
  const { data } = useQuery({
    queryKey: ["kept answers", path, base],
    queryFn: () => readKeptAnswers(path ?? ""),
    enabled: path !== null,
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: (before, query) => (query?.queryKey[1] === path ? before : undefined),
  });
  return useMemo(() => new Set(data?.kept), [data?.kept]);
}

/** Where every definition begins. */
function NoTask() {
  return (
    <div className="no-task">
      <h2>No task yet</h2>
      <p>
        Search an operation of an API by what it does, paste a curl command, or take one of the plain tasks.
      </p>
      <button
        type="button"
        className="button primary insert-first"
        onClick={() => useAdding.getState().begin({ list: "/do", index: 0 })}
      >
        <Icon name="plus" size={14} /> Add the first task
      </button>
      <p>
        or press <kbd>/</kbd>
      </p>
    </div>
  );
}

/**
 * A block that is selected in the text comes into sight; one that had the focus before it moved has it again, and one that
 * undo or redo has brought back. Where the same block has another place, as others have moved before it, the flow stays where
 * it is looked at.
 */
function useFollowSelection(pane: React.RefObject<HTMLElement | null>) {
  const selected = useDocument((state) => state.selected);
  const returned = useDocument((state) => state.returned);
  const followed = useRef<string | undefined>(undefined);
  const shown = useRef(returned);
  useEffect(() => {
    const name = blockAt(useDocument.getState().blocks, selected)?.name;
    const isSame = name !== undefined && name === followed.current;
    followed.current = name;
    if (selected === null) return;
    const head = pane.current?.querySelector<HTMLElement>(`[data-pointer="${CSS.escape(selected)}"]`);
    const isBack = returned !== shown.current;
    shown.current = returned;
    if (!isSame || isBack) head?.scrollIntoView({ block: "nearest" });
    const at = document.activeElement;
    if (at === document.body || (isBack && pane.current?.contains(at))) head?.focus({ preventScroll: true });
  }, [selected, returned, pane]);
}

function onKey(event: KeyboardEvent<HTMLElement>) {
  const pointer = (event.target as HTMLElement).dataset.pointer;
  if (!pointer || event.ctrlKey || event.metaKey) return;
  const { list, index } = placeOf(pointer);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step !== undefined && event.altKey) void moveBlock(pointer, step);
  else if (step !== undefined) stepTo(pointer, step);
  else if (event.key === "ArrowLeft") event.altKey ? void takeOut(pointer) : stepOut(pointer);
  else if (event.key === "ArrowRight" && event.altKey) void takeIn(pointer);
  else if (event.key === "Enter") enter(pointer);
  else if (event.key === "/") useAdding.getState().begin({ list, index: index + 1 });
  else if (event.key === "t") test(pointer);
  else if (event.key === "Delete") void removeBlock(pointer);
  else return;
  event.preventDefault();
}

function enter(pointer: string) {
  useDocument.getState().select(pointer);
  useRunStates.getState().look(pointer);
  useLayout.getState().enterForm();
}

function test(pointer: string) {
  const block = blockAt(useDocument.getState().blocks, pointer);
  if (!block || !isCall(block.kind)) return;
  useDocument.getState().select(pointer);
  useLayout.getState().test(pointer);
}

function stepTo(pointer: string, step: number) {
  const all = flattened(useDocument.getState().blocks);
  const next = all[all.findIndex((block) => block.pointer === pointer) + step];
  if (next) focusBlock(next.pointer);
}

function stepOut(pointer: string) {
  const around = flattened(useDocument.getState().blocks).findLast((block) =>
    pointer.startsWith(`${block.pointer}/`),
  );
  if (around) focusBlock(around.pointer);
}
