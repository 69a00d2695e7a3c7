import { useEffect } from "react";
import { useAdding } from "../catalog/adding";
import { useRun } from "../runs/run";
import { placeOf } from "../state/blocks";
import { useDocument } from "../state/document";
import { useLayout } from "./layout";

/** Whether a key that is pressed there is a letter of something. */
export const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLInputElement ||
  target instanceof HTMLTextAreaElement ||
  target instanceof HTMLSelectElement ||
  (target instanceof HTMLElement && target.isContentEditable);

/** A field gives what was typed when it is left: leaves the one that has the focus, and comes back. */
export function leaveField(): void {
  const field = document.activeElement;
  if (!(field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement)) return;
  field.blur();
  field.focus();
}

/** Undo is of the definition, also in a field of it; while one types there, it is that of the field. */
function mayUndo(target: EventTarget | null): boolean {
  const isField = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
  return !isField || target.dataset.clean === "true";
}

function addTask() {
  const { path, selected, blocks } = useDocument.getState();
  if (path === null) return;
  const { list, index } = selected === null ? { list: "/do", index: blocks.length - 1 } : placeOf(selected);
  useAdding.getState().begin({ list, index: index + 1 });
}

function run() {
  const { path, findings } = useDocument.getState();
  if (path !== null && !findings.some((finding) => finding.severity === "error")) useRun.getState().ask();
}

const FOCUSABLE = "button:not(:disabled):not([tabindex='-1']), input, select, textarea, [tabindex='0']";

/** Moves the focus to the next part of the page, to where it is looked at. */
function toPane(step: number) {
  const panes = [...document.querySelectorAll<HTMLElement>("[data-pane]")];
  const here = panes.findIndex((pane) => pane.contains(document.activeElement));
  const from = here < 0 && step < 0 ? 0 : here;
  const next = panes[(from + step + panes.length) % panes.length];
  const chosen = next?.querySelector<HTMLElement>(
    ".cm-content, [aria-current='true'], [role='tab'][tabindex='0']",
  );
  (chosen ?? next?.querySelector<HTMLElement>(FOCUSABLE))?.focus();
}

function withControl(event: KeyboardEvent): boolean {
  const key = event.key.toLowerCase();
  const { save, undo, redo } = useDocument.getState();
  if (key === "s") {
    leaveField();
    void save();
  } else if (key === "enter") {
    leaveField();
    run();
  } else if (!mayUndo(event.target)) return false;
  else if (key === "y" || (key === "z" && event.shiftKey)) redo();
  else if (key === "z") undo();
  else return false;
  return true;
}

function pressed(event: KeyboardEvent) {
  if (event.defaultPrevented || event.altKey) return;
  const inDialog = document.querySelector("dialog[open]") !== null;
  let done = true;
  if (event.ctrlKey || event.metaKey) done = !(inDialog && event.key === "Enter") && withControl(event);
  else if (inDialog) return;
  else if (event.key === "F6") toPane(event.shiftKey ? -1 : 1);
  else if (isTyping(event.target)) return;
  else if (event.key === "?") useLayout.getState().openPanel("keys");
  else if (event.key === "/") addTask();
  else return;
  if (done) event.preventDefault();
}

/** Keys that work wherever one is. */
export function useKeys(): void {
  useEffect(() => {
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, []);
}
