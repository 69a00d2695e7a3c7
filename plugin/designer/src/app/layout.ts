import { useSyncExternalStore } from "react";
import { create } from "zustand";

interface Layout {
  pane: "text" | "task";
  /** The task whose request is tried out. */
  testing: string | null;
  /** The field that gets the focus once the form of the selected block is there: a selector, or the pointer of its value. */
  entering: string | null;
  /** The place that the text is to show, and whether the keyboard goes on there. */
  revealing: { offset: number; focus: boolean } | null;
  /** What lies over the page. */
  panel: "connections" | "schedules" | "keys" | "disk" | "readmes" | null;
  /** What is wanted of the connections that lie over the page. */
  connection: WantedConnection;
  showPane(pane: "text" | "task"): void;
  test(pointer: string | null): void;
  enterForm(field?: string): void;
  entered(): void;
  /** Shows a place of the text as soon as the text is in sight. */
  reveal(offset: number): void;
  /** Shows the text, at a place. */
  enterText(offset: number): void;
  revealed(): void;
  openPanel(panel: Layout["panel"], connection?: WantedConnection): void;
}

interface WantedConnection {
  /** The one that is to be changed. */
  edit?: string;
  /** The name of one that is to be added; empty for any. */
  add?: string;
  /** The task that is to go by the one that is added. */
  task?: string | null;
}

/** What of the page is in sight. */
export const useLayout = create<Layout>()((set) => ({
  pane: "text",
  testing: null,
  entering: null,
  revealing: null,
  panel: null,
  connection: {},
  showPane: (pane) => set({ pane }),
  test: (testing) => set({ testing }),
  enterForm: (entering = "input, textarea") => set({ pane: "task", entering }),
  entered: () => set({ entering: null }),
  reveal: (offset) => set({ revealing: { offset, focus: false } }),
  enterText: (offset) => set({ pane: "text", revealing: { offset, focus: true } }),
  revealed: () => set({ revealing: null }),
  openPanel: (panel, connection = {}) => set({ panel, connection }),
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
