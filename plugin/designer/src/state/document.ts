import { create } from "zustand";
import { Problem } from "../api/client";
import * as api from "../api/endpoints";
import type { Block, Checked, Definition, Edit, Finding, Fix } from "../api/types";
import {
  anywhere,
  blockAt,
  carried,
  changedBlocks,
  isBelow,
  isEmpty,
  keptRenamed,
  movedTo,
  type Read,
  withoutKept,
} from "./blocks";
import { difference, goesOn, type Typing, typed } from "./changes";
import { places } from "./places";

const CHECK_AFTER = 250;
const STEPS = 200;

/** A text on disk that is not the one that was opened; null where there is no file any more. */
export interface DiskChange {
  text: string | null;
  sha256: string;
}

/** Makes edits that depend on what stands in the text: of the text as those asked for before have left it. */
export type EditsOf = (path: string, text: string) => Edit[] | Promise<Edit[]>;

/** A text that was not saved when its page went away. */
export interface Draft {
  text: string;
  /** The SHA-256 of the file that it was made of. */
  base: string;
  at: number;
}

/** A text of the history, with the block that was selected in it. */
export interface Step {
  text: string;
  selected: string | null;
}

interface DocumentState {
  path: string | null;
  /** `namespace/name`, by which runs call it. */
  definition: string | null;
  text: string;
  saved: string;
  base: string;
  blocks: Block[];
  findings: Finding[];
  /** What it reads of the latest data, and these do not have: of the text that was checked. */
  doubts: Finding[];
  toFillIn: string[];
  /** Places whose values somebody means as they are, with all below them: as they are called wherever their task stands. */
  kept: string[];
  runnable: boolean;
  /** The text that blocks and findings are of. */
  checked: string;
  checking: boolean;
  selected: string | null;
  /** How often undo and redo have brought a text back. */
  returns: number;
  /** The last of them whose blocks are there, of which the one that came back or changed is selected. */
  returned: number;
  past: Step[];
  future: Step[];
  disk: DiskChange | null;
  /** What was kept of this file, until somebody takes it back or drops it. */
  draft: Draft | null;
  problem: Problem | null;
  saving: boolean;
}

interface DocumentActions {
  open(definition: Definition): void;
  type(text: string): void;
  /** Has the text checked again: what is beside it has changed. */
  recheck(): void;
  doubt(doubts: Finding[]): void;
  /** What is at places, or below them, is meant, whether or not it looks made up by now: it is not to be filled in. */
  keepMadeUp(pointers: string[]): void;
  /** What comes to these places is made up, whatever was meant there before. */
  forgetKept(pointers: string[]): void;
  /** Puts another word in the place of one, if that still stands there. */
  put(fix: Fix): void;
  edit(edits: Edit[] | EditsOf): Promise<boolean>;
  /** Waits until the edits that were asked for stand in the text. */
  settled(): Promise<void>;
  /** Once the edits that were asked for stand in the text: it is the last of these that is meant. */
  undo(): Promise<void>;
  redo(): Promise<void>;
  select(pointer: string | null): void;
  save(): Promise<void>;
  takeDisk(): void;
  keepMine(): Promise<void>;
  offerDraft(draft: Draft): void;
  restoreDraft(): void;
  dropDraft(): void;
  /** Takes the text of the disk, where nothing of this page is lost by that, which may stand in a field. */
  noticeDisk(change: DiskChange, isWriting: boolean): void;
  forgetProblem(): void;
}

const closed: DocumentState = {
  path: null,
  definition: null,
  text: "",
  saved: "",
  base: "",
  blocks: [],
  findings: [],
  doubts: [],
  toFillIn: [],
  kept: [],
  runnable: false,
  checked: "",
  checking: false,
  selected: null,
  returns: 0,
  returned: 0,
  past: [],
  future: [],
  disk: null,
  draft: null,
  problem: null,
  saving: false,
};

/** What was typed last. */
let typing: Typing | null = null;

/** What undo or redo has brought back, until its blocks are known. */
let back: Step | null = null;

/** The block that undo or redo has brought back, or changed; of those the one that was selected then. */
function broughtBack(step: Step | null, before: Read, after: Read): string | undefined {
  if (step?.text !== after.text) return undefined;
  const changed = changedBlocks(before, after);
  return (changed.find(({ pointer }) => pointer === step.selected) ?? changed[0])?.pointer;
}

let timer: ReturnType<typeof setTimeout> | undefined;
let asked: AbortController | undefined;
let edits: Promise<unknown> = Promise.resolve();
let waiting = 0;
let saves: Promise<unknown> = Promise.resolve();

/** The definition that is open: one text, of which blocks, form and editor are views, with one history of changes. */
export const useDocument = create<DocumentState & DocumentActions>()((set, get) => {
  const looked = (checked: Checked, text: string, kept: string[]) => ({
    checked: text,
    definition: checked.definition,
    blocks: checked.blocks,
    findings: withoutKept(checked.findings, kept),
    toFillIn: checked.to_fill_in.filter((one) => !isBelow(one, kept)),
    runnable: checked.runnable,
    checking: false,
  });

  /**
   * A text that can't be read has no blocks: those of before stay, as the flow must not vanish while one types, and are
   * where their lines are by now.
   */
  const take = (checked: Checked, text: string, made: Edit[] = []) => {
    const isKnown = checked.blocks.length || checked.runnable || isEmpty(checked.findings);
    const { blocks: former, checked: formerText, definition, selected } = get();
    const changed = isKnown ? null : difference(formerText, text);
    const blocks = isKnown ? checked.blocks : changed ? carried(former, changed) : former;
    set({ ...looked(checked, text, get().kept), blocks });
    places.take(made, former, blocks);
    if (!isKnown) set({ definition });
    const stays = blockAt(blocks, selected)?.pointer ?? movedTo(blocks, blockAt(former, selected)?.name);
    if (!isKnown) return set({ selected: stays ?? null });
    const came = broughtBack(back, { blocks: former, text: formerText }, { blocks, text });
    set({ selected: came ?? stays ?? blockAt(blocks, back?.selected ?? null)?.pointer ?? null });
    if (came !== undefined) set({ returned: get().returns });
    back = null;
  };

  const look = async (path: string, text: string, signal?: AbortSignal) => {
    const checked = await api.check(path, text, signal);
    if (get().path === path && get().text === text) take(checked, text);
  };

  const checkSoon = (after = CHECK_AFTER) => {
    clearTimeout(timer);
    asked?.abort();
    set({ checking: true });
    timer = setTimeout(async () => {
      const { path, text } = get();
      if (path === null) return set({ checking: false });
      asked = new AbortController();
      const { signal } = asked;
      try {
        await look(path, text, signal);
      } catch (error) {
        if (!signal.aborted) set({ checking: false, problem: problemOf(error) });
      }
    }, after);
  };

  const here = (): Step => ({ text: get().text, selected: get().selected });

  const step = (text: string, joined: boolean) => {
    const { past } = get();
    typing = null;
    set({ past: joined ? past : [...past.slice(1 - STEPS), here()], future: [], text });
  };

  const bring = (step: Step, past: Step[], future: Step[]) => {
    typing = null;
    back = step;
    places.areShown();
    set({ past, future, text: step.text, returns: get().returns + 1 });
    checkSoon(0);
  };

  const editNow = async (wanted: Edit[] | EditsOf, asked: number): Promise<boolean> => {
    for (;;) {
      const { path, text, checked } = get();
      if (path === null) return false;
      try {
        if (checked !== text) await look(path, text); // where its blocks are is not known yet
        const meant = typeof wanted === "function" ? await wanted(path, text) : wanted;
        const made = places.follow(meant, asked, get().blocks);
        if (get().path === path && get().text !== text) continue;
        const edited = await api.edit(path, text, made);
        if (get().path !== path) return false;
        if (get().text !== text) continue; // somebody typed meanwhile: the edit is made in that text
        clearTimeout(timer);
        if (edited.text !== text) step(edited.text, false);
        const kept = keptRenamed(get().kept, made);
        if (kept.length > get().kept.length) set({ kept });
        take(edited, edited.text, made);
        return true;
      } catch (error) {
        set({ problem: problemOf(error) });
        return false;
      }
    }
  };

  const write = async (base: string) => {
    const { path, text } = get();
    if (path === null) return;
    set({ saving: true });
    try {
      const written = await api.saveDefinition(path, text, base);
      if (get().path !== path) return;
      set({ saved: written.text, base: written.sha256, disk: null, problem: null });
    } catch (error) {
      const problem = problemOf(error);
      const { text: onDisk, sha256 } = problem.facts;
      if (problem.status !== 409 || typeof sha256 !== "string") set({ problem });
      else if (get().path !== path) return;
      else if (onDisk === text) set({ saved: text, base: sha256, disk: null, problem: null });
      else set({ disk: { text: typeof onDisk === "string" ? onDisk : null, sha256 } });
    } finally {
      set({ saving: false });
    }
  };

  const writeNext = (base: () => string | undefined) => {
    const done = saves.then(async () => {
      await edits; // a field that was just left is part of what is saved
      const known = base();
      if (known !== undefined) await write(known);
    });
    saves = done;
    return done;
  };

  return {
    ...closed,
    open(definition) {
      clearTimeout(timer);
      asked?.abort();
      typing = null;
      back = null;
      places.areShown();
      const { path, text, sha256 } = definition;
      const kept = path === get().path ? get().kept : closed.kept;
      set({ ...closed, path, text, saved: text, base: sha256, kept, ...looked(definition, text, kept) });
    },
    type(text) {
      if (text === get().text) return;
      const next = typed(get().text, text);
      step(text, goesOn(typing, next));
      typing = next;
      checkSoon();
    },
    keepMadeUp(pointers) {
      const { kept, toFillIn, findings } = get();
      const all = [...new Set([...kept, ...pointers.map(anywhere)])];
      set({
        kept: all,
        findings: withoutKept(findings, all),
        toFillIn: toFillIn.filter((one) => !isBelow(one, all)),
      });
    },
    forgetKept(pointers) {
      const places = pointers.map(anywhere);
      set({ kept: get().kept.filter((one) => !isBelow(one, places)) });
    },
    recheck: () => checkSoon(0),
    doubt(doubts) {
      if (doubts.length || get().doubts.length) set({ doubts });
    },
    put({ start, end, word, text }) {
      const now = get().text;
      if (now.slice(start, end) !== word) return;
      step(now.slice(0, start) + text + now.slice(end), false);
      checkSoon(0);
    },
    edit(wanted) {
      waiting++;
      const asked = places.asked();
      const done = edits.then(() => editNow(wanted, asked)).finally(() => waiting--);
      edits = done.catch(() => undefined);
      return done;
    },
    async settled() {
      await edits;
    },
    async undo() {
      if (waiting) await edits;
      const { past, future } = get();
      const before = past.at(-1);
      if (before !== undefined) bring(before, past.slice(0, -1), [here(), ...future]);
    },
    async redo() {
      if (waiting) await edits;
      const { past, future } = get();
      const after = future[0];
      if (after !== undefined) bring(after, [...past, here()], future.slice(1));
    },
    select(selected) {
      set({ selected });
    },
    save: () => writeNext(() => get().base), // which the save before has changed
    takeDisk() {
      const { disk } = get();
      if (!disk || disk.text === null) return;
      step(disk.text, false);
      set({ saved: disk.text, base: disk.sha256, disk: null });
      checkSoon(0);
    },
    keepMine: () => writeNext(() => get().disk?.sha256),
    offerDraft(draft) {
      if (draft.text !== get().text) set({ draft });
    },
    restoreDraft() {
      const { draft, base, saved, disk } = get();
      if (!draft) return;
      step(draft.text, false);
      // Of a file that has changed since, it is not to be saved as if it were made of that.
      const changed = draft.base !== base && disk === null ? { text: saved, sha256: base } : disk;
      set({ draft: null, base: draft.base, disk: changed });
      checkSoon(0);
    },
    dropDraft() {
      set({ draft: null });
    },
    noticeDisk(change, isWriting) {
      const { base, text, saved } = get();
      if (change.sha256 === base) return;
      set({ disk: change });
      if (text === saved && !isWriting) get().takeDisk(); // undo brings the former text back
    },
    forgetProblem() {
      set({ problem: null });
    },
  };
});

export function problemOf(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem(0, { detail: String(error) });
}

export const isUnsaved = (state: DocumentState) => state.path !== null && state.text !== state.saved;
