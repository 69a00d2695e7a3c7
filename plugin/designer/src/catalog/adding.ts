import { create } from "zustand";
import type { TakenValue } from "../api/types";

/** Where a task is to be added: a list of tasks, and the number that it gets there. */
export interface Place {
  list: string;
  index: number;
}

interface Adding {
  at: Place | null;
  /** What is searched for from the start. */
  query: string;
  /** Credentials that were kept with the latest task. */
  kept: TakenValue[];
  begin(at: Place, query?: string): void;
  end(): void;
  forget(): void;
}

/** Whether a task is being added, and where. */
export const useAdding = create<Adding>()((set) => ({
  at: null,
  query: "",
  kept: [],
  begin: (at, query = "") => set({ at, query, kept: [] }),
  end: () => set({ at: null, query: "" }),
  forget: () => set({ kept: [] }),
}));

export const isCurl = (text: string) => /^\s*(\$\s*)?curl(\.exe)?\s/.test(text);
