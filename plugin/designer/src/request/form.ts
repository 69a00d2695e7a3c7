import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { createContext, type DragEvent, type FocusEvent, type ReactNode, useContext, useState } from "react";
import { create } from "zustand";
import { getTask } from "../api/endpoints";
import type { Finding, Json, TaskForm } from "../api/types";
import { isWithin, toldWithDoubts } from "../state/blocks";
import { useDocument } from "../state/document";
import type { Schema } from "./schema";

const STAYS = 5_000;

/** Values that a field may well have; any other is possible. */
export interface Suggestions {
  values: string[];
  /** Where they are from. */
  about: string;
}

/** What all fields of one task's form share. */
export interface FormContext {
  root: Schema;
  /** The task; expressions are completed and evaluated as they stand in it. */
  task: string;
  /** Values that are likely at a place, whose text may be a name of something. */
  suggest(pointer: string, names?: string): Suggestions | undefined;
  set(pointer: string, value: Json): Promise<boolean>;
  remove(pointer: string): Promise<boolean>;
  /** The value that has a field of its own beside the others. */
  apart?: string | undefined;
  /** Whether a value can be an expression: those of a definition can, those of a run's input can't. */
  expressions: boolean;
  /** What else there is to say of a value. */
  note?(pointer: string, value: Json | undefined): ReactNode;
  /** What is wrong with a value that is not of the open definition, whose own findings hold else. */
  faults?: Fault[];
}

/** What is wrong with a value, as a field tells it. */
export type Fault = Pick<Finding, "severity" | "code" | "message" | "hint" | "pointer" | "places" | "fix">;

/** Of the definition that is open: the server writes what is set, and tells what is wrong with it. */
export const ofDefinition = {
  set: (pointer: string, value: Json) => useDocument.getState().edit([{ op: "set", pointer, value }]),
  remove: (pointer: string) => useDocument.getState().edit([{ op: "remove", pointer }]),
  expressions: true,
};

/** Asks for the form of a task in a text, once. */
export const taskForm = (client: QueryClient, path: string, text: string, pointer: string) =>
  queryOptions({
    queryKey: ["task", path, pointer, text],
    queryFn: () => getTask(path, text, pointer, formerOf(client, path, pointer)),
    gcTime: 10_000,
    staleTime: STAYS,
  });

/** The latest form of a task that is still kept. */
function formerOf(client: QueryClient, path: string, pointer: string): TaskForm | undefined {
  const kept = client.getQueryCache().findAll({ queryKey: ["task", path, pointer] });
  const newest = kept.sort((one, other) => other.state.dataUpdatedAt - one.state.dataUpdatedAt)[0];
  return newest?.state.data as TaskForm | undefined;
}

export const suggestNothing = () => undefined;

export const Form = createContext<FormContext>({
  root: {},
  task: "",
  suggest: suggestNothing,
  ...ofDefinition,
});
export const useForm = () => useContext(Form);

const NONE: Fault[] = [];

/** What is wrong with exactly this value, or with a part of it that has no field of its own. */
export function useFaults(pointer: string, deep: boolean): Fault[] {
  const { expressions, faults = NONE } = useForm();
  const findings = useDocument((state) => (expressions ? state.findings : NONE));
  const doubts = useDocument((state) => (expressions ? state.doubts : NONE));
  return (expressions ? toldWithDoubts(findings, doubts) : faults).filter(({ places }) =>
    places.some((place) => place === pointer || (deep && place.startsWith(`${pointer}/`))),
  );
}

interface Fresh {
  /** Of what was begun in the form, with whatever it needs: nobody had the time to fill that in. */
  places: string[];
  /** Fields of it that somebody has been in. */
  left: string[];
  begin(place: string): void;
  leave(pointer: string): void;
  /** The form is left, and with it all its fields. */
  end(): void;
}

/** What was just begun in the form: what is empty in it is no fault before somebody leaves it so. */
export const useFresh = create<Fresh>()((set) => ({
  places: [],
  left: [],
  begin: (place) =>
    set(({ places, left }) => ({
      places: [...places, place],
      left: left.filter((one) => !isWithin(one, place)),
    })),
  leave: (pointer) =>
    set(({ places, left }) =>
      places.some((place) => isWithin(pointer, place)) && !left.includes(pointer)
        ? { left: [...left, pointer] }
        : {},
    ),
  end: () => set({ places: [], left: [] }),
}));

/** Whether a field was just begun, with nothing in it, and nobody has left it so. */
export const useIsFresh = (pointer: string, value: Json | undefined) =>
  useFresh((fresh) => isJustBegun(fresh, pointer, value));

export const isJustBegun = (
  { places, left }: Pick<Fresh, "places" | "left">,
  pointer: string,
  value: Json | undefined,
) => value === "" && !left.includes(pointer) && places.some((place) => isWithin(pointer, place));

/** Whether a value was made up and has to be another, or one of its parts that has no field of its own. */
export function useToFillIn(pointer: string, deep: boolean): boolean {
  const { expressions } = useForm();
  return useDocument(
    (state) =>
      expressions && state.toFillIn.some((one) => one === pointer || (deep && one.startsWith(`${pointer}/`))),
  );
}

/** A field in which the cursor is, or was last: what is picked from an answer goes there. */
export interface Target {
  pointer: string;
  label: string;
  take(expression: string): void;
  /** Begins an expression there, in place of what stands there or behind it. */
  express?(replacing: boolean): void;
}

interface Cursor {
  target: Target | null;
  /** What the field is called that the cursor is in, where that takes no expression. */
  refusing: string | null;
  /** The field that the cursor was in when the mouse went down on data; it has not left that field. */
  held: HTMLElement | null;
  hold(): void;
  /** Brings the cursor back to where it was. */
  release(): void;
  enter(target: Target): void;
  refuse(label: string | null): void;
  /** A field that goes away takes nothing any more. */
  leave(pointer: string): void;
}

export const useCursor = create<Cursor>()((set, get) => ({
  target: null,
  refusing: null,
  held: null,
  hold: () => set({ held: document.activeElement instanceof HTMLElement ? document.activeElement : null }),
  release: () => {
    const { held } = get();
    set({ held: null });
    if (held?.isConnected) held.focus({ preventScroll: true });
  },
  enter: (target) => set({ target, refusing: null }),
  refuse: (refusing) => set({ target: null, refusing }),
  leave: (pointer) => set(({ target }) => (target?.pointer === pointer ? { target: null } : {})),
}));

/** Fields, other than what adds one: the keyboard goes through that on its way to the data, and the cursor counts as where it was. */
const FIELDS = ":is(input, textarea, select):not(.add-row *, .add-field)";

/** What a field is called by its label. */
function calledOf(field: Element): string {
  const label = "labels" in field ? (field as HTMLInputElement).labels?.[0] : undefined;
  const told = field.getAttribute("aria-label") ?? (label?.querySelector("code") ?? label)?.textContent;
  return told?.trim() || "this field";
}

/**
 * Of a form: data go into no other field than the one with the cursor. Each takes none until it says that it does, as it
 * gets the focus itself, which is after this.
 */
export const untilTaken = {
  onFocusCapture({ target }: Pick<FocusEvent, "target">) {
    if (target.matches(FIELDS)) useCursor.getState().refuse(calledOf(target));
  },
  onBlurCapture({ target }: Pick<FocusEvent, "target">) {
    const { held, refusing, refuse } = useCursor.getState();
    if (refusing !== null && held !== target) refuse(null);
  },
};

/** The kind of what is dragged out of data, beside its text, which other programs take. */
export const DRAGGED = "application/x-httptask-expression";

/** Makes a place one where data can be dropped, and tells whether some is over it. */
export function useDrop(take: ((expression: string, event: DragEvent) => void) | null) {
  const [over, setOver] = useState(false);
  const on = take && {
    onDragOver: (event: DragEvent) => {
      if (!event.dataTransfer.types.includes(DRAGGED)) return;
      event.stopPropagation();
      // Where text can be put, the browser shows the place itself.
      if (!(event.target instanceof HTMLTextAreaElement)) event.preventDefault();
      event.dataTransfer.dropEffect = "copy";
      setOver(true);
    },
    onDragLeave: () => setOver(false),
    onDrop: (event: DragEvent) => {
      setOver(false);
      const expression = event.dataTransfer.getData(DRAGGED);
      if (!expression) return;
      event.preventDefault();
      event.stopPropagation();
      useCursor.getState().release(); // what was being written there is written
      take(expression, event);
    },
  };
  return { over: over && take !== null, on };
}
