import type { KeyboardEvent, PointerEvent } from "react";
import { useSyncExternalStore } from "react";
import { create } from "zustand";

const KEPT = "httptask-run-height";
const LEAST = 140;
/** What is left to the top bar and the work, in pixels. */
const ABOVE = 284;
const STEP = 24;

const most = () => Math.max(LEAST, window.innerHeight - ABOVE);

const within = (height: number) => Math.round(Math.min(Math.max(height, LEAST), most()));

function kept(): number | null {
  const found = Number(localStorage.getItem(KEPT));
  return Number.isFinite(found) && found >= LEAST ? found : null;
}

const useWanted = create<{ height: number | null }>()(() => ({ height: kept() }));

function resize(height: number | null) {
  useWanted.setState({ height: height === null ? null : within(height) });
  if (height === null) localStorage.removeItem(KEPT);
  else localStorage.setItem(KEPT, String(within(height)));
}

const onResize = (told: () => void) => {
  window.addEventListener("resize", told);
  return () => window.removeEventListener("resize", told);
};

/** The height of the run that a person has chosen, as far as the window has room for it; null for its own. */
export function useHeight(): number | null {
  const wanted = useWanted((state) => state.height);
  const room = useSyncExternalStore(onResize, most);
  return wanted === null ? null : Math.min(wanted, room);
}

const drawerOf = (edge: Element) => edge.closest(".drawer")?.getBoundingClientRect();

/** The upper edge of the run, by which it is made higher or lower: with the mouse, or the arrow keys. */
export function Edge() {
  const height = useHeight();
  const room = useSyncExternalStore(onResize, most);
  const onMove = (event: PointerEvent) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const bottom = drawerOf(event.currentTarget)?.bottom ?? window.innerHeight;
    resize(bottom - event.clientY);
  };
  const onKey = (event: KeyboardEvent) => {
    const now = drawerOf(event.currentTarget)?.height ?? LEAST;
    const next = { ArrowUp: now + STEP, ArrowDown: now - STEP, Home: LEAST, End: most(), Enter: null }[
      event.key
    ];
    if (next === undefined) return;
    event.preventDefault();
    resize(next);
  };
  return (
    <hr
      className="drawer-edge"
      aria-label="Height of the run"
      aria-orientation="horizontal"
      aria-valuemin={LEAST}
      aria-valuemax={room}
      aria-valuenow={height ?? within(window.innerHeight * 0.3)}
      aria-valuetext={height === null ? "its own" : `${height} pixels`}
      tabIndex={0}
      title="Drag it, or press the arrow keys; Enter or a double click gives it its own height again"
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={onMove}
      onDoubleClick={() => resize(null)}
      onKeyDown={onKey}
    />
  );
}
