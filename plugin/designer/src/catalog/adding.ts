import { create } from "zustand";

/** Where a task is to be added: a list of tasks, and the number that it gets there. */
export interface Place {
  list: string;
  index: number;
}

interface Adding {
  at: Place | null;
  begin(at: Place): void;
  end(): void;
}

/** Whether a task is being added, and where. */
export const useAdding = create<Adding>()((set) => ({
  at: null,
  begin: (at) => set({ at }),
  end: () => set({ at: null }),
}));
