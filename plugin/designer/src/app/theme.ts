import { create } from "zustand";

const KEPT = "httptask-theme";
type Theme = "light" | "dark";

function system(): Theme {
  return window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

function chosen(): Theme {
  const kept = localStorage.getItem(KEPT);
  return kept === "light" || kept === "dark" ? kept : system();
}

/** The theme that is shown. */
export const useTheme = create<{ theme: Theme }>(() => ({ theme: "light" }));

/** Shows the theme that was chosen in this browser, or the system's. */
export function applyTheme(): void {
  const theme = chosen();
  document.documentElement.dataset.theme = theme;
  useTheme.setState({ theme });
}

/** The system's may change while the page is open, as at night. */
export function followTheme(): void {
  applyTheme();
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", applyTheme);
}

export function switchTheme(): void {
  localStorage.setItem(KEPT, chosen() === "dark" ? "light" : "dark");
  applyTheme();
}
