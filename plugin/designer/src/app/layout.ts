import { useSyncExternalStore } from "react";
import { create } from "zustand";

interface Layout {
  pane: "text" | "task";
  /** The task whose request is tried out. */
  testing: string | null;
  showPane(pane: "text" | "task"): void;
  test(pointer: string | null): void;
}

/** What of the page is in sight. */
export const useLayout = create<Layout>()((set) => ({
  pane: "text",
  testing: null,
  showPane: (pane) => set({ pane }),
  test: (testing) => set({ testing }),
}));

const WIDE = "(min-width: 1600px)";

/** Whether flow, form and text fit beside each other. */
export function useWide(): boolean {
  return useSyncExternalStore(
    (told) => {
      const query = window.matchMedia(WIDE);
      query.addEventListener("change", told);
      return () => query.removeEventListener("change", told);
    },
    () => window.matchMedia(WIDE).matches,
  );
}
