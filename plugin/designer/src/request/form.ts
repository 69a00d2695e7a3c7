import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { createContext, useContext } from "react";
import { create } from "zustand";
import { getTask } from "../api/endpoints";
import type { Finding, Json, TaskForm } from "../api/types";
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
  /** Whether a value can be an expression: those of a definition can, those of a run's input can't. */
  expressions: boolean;
  /** What is wrong with a value that is not of the open definition, whose own findings hold else. */
  faults?: Fault[];
}

/** What is wrong with a value, as a field tells it. */
export type Fault = Pick<Finding, "severity" | "code" | "message" | "hint" | "pointer" | "places">;

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
  return (expressions ? findings : faults).filter(({ places }) =>
    places.some((place) => place === pointer || (deep && place.startsWith(`${pointer}/`))),
  );
}

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
  enter(target: Target): void;
  /** A field that goes away takes nothing any more. */
  leave(pointer: string): void;
}

export const useCursor = create<Cursor>()((set) => ({
  target: null,
  enter: (target) => set({ target }),
  leave: (pointer) => set(({ target }) => (target?.pointer === pointer ? { target: null } : {})),
}));
