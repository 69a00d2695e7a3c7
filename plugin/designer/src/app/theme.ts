const KEPT = "httptask-theme";
type Theme = "light" | "dark";

function system(): Theme {
  return window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

function chosen(): Theme {
  const kept = localStorage.getItem(KEPT);
  return kept === "light" || kept === "dark" ? kept : system();
}

/** Shows the theme that was chosen in this browser, or the system's. */
export function applyTheme(): void {
  document.documentElement.dataset.theme = chosen();
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
