import { create } from "zustand";
import type { Json } from "../api/types";

/** The latest data of a definition: what a test request finds, and what expressions are shown with. */
export interface Sample {
  input?: Json;
  outputs: Record<string, Json>;
  variables: Record<string, Json>;
  /** Single values, by the names under which they were asked for: `input.caller`, `fetch.body.id`. */
  values: Record<string, Json>;
}

interface Data {
  byPath: Record<string, Sample>;
  keep(path: string, change: (sample: Sample) => Sample): void;
}

const EMPTY: Sample = { outputs: {}, variables: {}, values: {} };

export const useData = create<Data>()((set) => ({
  byPath: {},
  keep: (path, change) =>
    set(({ byPath }) => ({ byPath: { ...byPath, [path]: change(byPath[path] ?? EMPTY) } })),
}));

export const sampleOf = (path: string | null): Sample => useData.getState().byPath[path ?? ""] ?? EMPTY;
export const useSample = (path: string | null): Sample =>
  useData((state) => state.byPath[path ?? ""] ?? EMPTY);

export function keepOutput(path: string, task: string, value: Json): void {
  useData.getState().keep(path, (sample) => ({ ...sample, outputs: { ...sample.outputs, [task]: value } }));
}
