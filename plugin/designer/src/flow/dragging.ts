import { type DragEvent, type RefObject, useEffect } from "react";
import { create } from "zustand";
import type { Place } from "../catalog/adding";
import { useDocument } from "../state/document";
import { takenTo } from "../state/nesting";
import { moveTo } from "./acts";

/** The kind of what is dragged: no field takes it, as the flow takes no data that are dragged to a field. */
const BLOCK = "application/x-httptask-block";
/** From the upper and the lower edge of the flow, in pixels: there it scrolls. */
const EDGE = 48;
const FASTEST = 18;

interface Dragging {
  /** The block, by its pointer. */
  block: string | null;
  /** Where it would land; null where it may not, or is already. */
  to: Place | null;
}

const still: Dragging = { block: null, to: null };

/** What of the flow is being dragged. */
export const useDragging = create<Dragging>()(() => still);

interface Point {
  x: number;
  y: number;
}

/** Where the mouse is while it is in the flow; null once it has left it. */
let mouse: Point | null = null;

const isBlock = (event: DragEvent) =>
  event.dataTransfer.types.includes(BLOCK) && useDragging.getState().block !== null;

/** The places for a task that are near the mouse: of a long flow those of the outermost block there, and of its neighbours. */
function placesNear(flow: HTMLElement, y: number): HTMLElement[] {
  const items = [...(flow.querySelector(":scope > .blocks")?.children ?? [])];
  let first = 0;
  for (let last = items.length - 1; first < last; ) {
    const middle = (first + last) >> 1;
    if ((items[middle]?.getBoundingClientRect().bottom ?? 0) < y) first = middle + 1;
    else last = middle;
  }
  const near = items.slice(Math.max(0, first - 1), first + 2);
  return near.flatMap((item) => [...item.querySelectorAll<HTMLElement>(".insert")]);
}

/** Whether the mouse is in all the blocks that a place is in: outside the frame of a loop, none of its places is meant. */
function isAround(place: HTMLElement, flow: HTMLElement, { x, y }: Point): boolean {
  const frame = place.parentElement?.closest<HTMLElement>(".block");
  if (!frame || !flow.contains(frame)) return true;
  const { left, right, top, bottom } = frame.getBoundingClientRect();
  return x >= left && x <= right && y >= top && y <= bottom && isAround(frame, flow, { x, y });
}

function nearest(flow: HTMLElement, point: Point): Place | null {
  let found: HTMLElement | null = null;
  let shortest = Number.POSITIVE_INFINITY;
  for (const place of placesNear(flow, point.y)) {
    const { top, bottom } = place.getBoundingClientRect();
    const distance = Math.abs((top + bottom) / 2 - point.y);
    if (distance < shortest && isAround(place, flow, point)) [found, shortest] = [place, distance];
  }
  return found && { list: found.dataset.list ?? "", index: Number(found.dataset.index) };
}

function aim(flow: HTMLElement): void {
  const { block, to } = useDragging.getState();
  if (block === null || mouse === null) return;
  const place = nearest(flow, mouse);
  if (place && to?.list === place.list && to.index === place.index) return;
  const may = place && takenTo(useDocument.getState().blocks, block, place) !== null;
  if (may || to) useDragging.setState({ to: may ? place : null });
}

/** How far the flow scrolls at once, the faster the nearer the mouse is to an edge. */
function pull(flow: HTMLElement, y: number): number {
  const { top, bottom } = flow.getBoundingClientRect();
  const above = top + EDGE - y;
  const below = y - (bottom - EDGE);
  const by = Math.max(above, below);
  return by <= 0 ? 0 : Math.sign(below - above) * Math.ceil((Math.min(by, EDGE) / EDGE) * FASTEST);
}

/** The flow scrolls while a block is held at its edge, where the mouse need not move. */
function useScrolling(flow: RefObject<HTMLElement | null>): void {
  const isOn = useDragging((state) => state.block !== null);
  useEffect(() => {
    if (!isOn) return;
    let frame = 0;
    const go = () => {
      const pane = flow.current;
      const by = pane && mouse !== null ? pull(pane, mouse.y) : 0;
      if (pane && by) {
        pane.scrollBy(0, by);
        aim(pane);
      }
      frame = requestAnimationFrame(go);
    };
    go();
    return () => cancelAnimationFrame(frame);
  }, [isOn, flow]);
}

/** Has the blocks of the flow be moved with the mouse; the browser ends that with Esc. */
export function useBlockDrag(flow: RefObject<HTMLElement | null>) {
  useScrolling(flow);
  const leave = () => {
    mouse = null;
    if (useDragging.getState().to) useDragging.setState({ to: null });
  };
  return {
    onDragStart(event: DragEvent) {
      const { pointer } = (event.target as HTMLElement).dataset ?? {};
      if (pointer === undefined) return;
      event.dataTransfer.setData(BLOCK, pointer);
      event.dataTransfer.effectAllowed = "move";
      // Once the browser has its picture of the block, which is to look as ever.
      setTimeout(() => useDragging.setState({ block: pointer, to: null }));
    },
    onDragOver(event: DragEvent) {
      if (!isBlock(event) || !flow.current) return;
      mouse = { x: event.clientX, y: event.clientY };
      aim(flow.current);
      event.dataTransfer.dropEffect = useDragging.getState().to ? "move" : "none";
      event.preventDefault();
    },
    onDragLeave(event: DragEvent) {
      if (!(event.relatedTarget instanceof Node && flow.current?.contains(event.relatedTarget))) leave();
    },
    onDrop(event: DragEvent) {
      if (!isBlock(event)) return;
      event.preventDefault();
      const { block, to } = useDragging.getState();
      if (block !== null && to) void moveTo(block, to);
    },
    onDragEnd() {
      mouse = null;
      useDragging.setState(still);
    },
  };
}
