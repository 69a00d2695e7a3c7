import { useEffect } from "react";
import { useProject } from "../app/opening";
import { type Draft, isUnsaved, useDocument } from "./document";

const WRITE_AFTER = 300;

/** Drafts stay with the tab, for its reloads: under the folder and the file, as another server may come to this address. */
const keyOf = (folder: string, path: string) => `httptask-draft ${JSON.stringify([folder, path])}`;

export function readDraft(folder: string, path: string): Draft | null {
  try {
    const kept = JSON.parse(sessionStorage.getItem(keyOf(folder, path)) ?? "null") as Partial<Draft> | null;
    const { text, base, at } = kept ?? {};
    return typeof text === "string" && typeof base === "string" && typeof at === "number"
      ? { text, base, at }
      : null;
  } catch {
    return null; // it is not ours
  }
}

/** Keeps what is not saved of the open file, and offers what was kept of it. The disk is never written by this. */
export function keepDrafts(folder: string, path: string): () => void {
  const found = readDraft(folder, path);
  const { offerDraft } = useDocument.getState();
  if (found) offerDraft(found);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const write = () => {
    clearTimeout(timer);
    const state = useDocument.getState();
    if (state.path !== path) return;
    const { text, base, draft } = state;
    try {
      if (isUnsaved(state))
        sessionStorage.setItem(keyOf(folder, path), JSON.stringify({ text, base, at: Date.now() }));
      else if (draft === null) sessionStorage.removeItem(keyOf(folder, path));
    } catch {} // there is no room: what is not saved is in this page alone, as it was without
  };
  const stop = useDocument.subscribe((state, before) => {
    if (state.text === before.text && state.saved === before.saved && state.draft === before.draft) return;
    clearTimeout(timer);
    timer = setTimeout(write, WRITE_AFTER);
  });
  window.addEventListener("pagehide", write);
  return () => {
    clearTimeout(timer);
    stop();
    window.removeEventListener("pagehide", write);
  };
}

const keyOfMeant = (folder: string, path: string) => `httptask-meant ${JSON.stringify([folder, path])}`;

/** Keeps which values are meant that look made up, for whenever the file is opened again: its text does not tell. */
export function keepMeant(folder: string, path: string): () => void {
  try {
    const meant: unknown = JSON.parse(localStorage.getItem(keyOfMeant(folder, path)) ?? "[]");
    if (Array.isArray(meant))
      useDocument.getState().keepMadeUp(meant.filter((one) => typeof one === "string"));
  } catch {} // it is not ours
  return useDocument.subscribe((state, before) => {
    if (state.path !== path || state.kept === before.kept) return;
    try {
      localStorage.setItem(keyOfMeant(folder, path), JSON.stringify(state.kept));
    } catch {} // there is no room: it is known for as long as the file is open
  });
}

export function useDrafts(): void {
  const folder = useProject().data?.folder;
  const path = useDocument((state) => state.path);
  useEffect(() => {
    if (folder === undefined || path === null) return;
    const ends = [keepMeant(folder, path), keepDrafts(folder, path)];
    return () => {
      for (const end of ends) end();
    };
  }, [folder, path]);
}
