import { create } from "zustand";
import type { Block, TaskExecution } from "../api/types";

/** What a block shows of a run: its latest execution. */
export interface TaskRun {
  state: TaskExecution["state"];
  /** How many executions it has had. */
  count: number;
  /** How many of them are in this state. */
  alike: number;
  told: string | null;
  /** Of a `switch`, how often each of its cases held; under an empty name, how often none did. */
  cases?: Record<string, number>;
  /** Whether it ran in the run before, which this one goes on from. */
  earlier?: boolean;
}

/** In place of a task: the run as a whole. */
export const WHOLE = "";

interface RunStates {
  byPointer: Record<string, TaskRun>;
  /** The execution that the run's drawer tells of, by its id, or the latest of a block, by its pointer. */
  looked: string | null;
  look(at: string | null): void;
  show(byPointer: Record<string, TaskRun>): void;
}

const same = (one: TaskRun | undefined, other: TaskRun) =>
  one !== undefined &&
  one.state === other.state &&
  one.count === other.count &&
  one.alike === other.alike &&
  one.told === other.told &&
  JSON.stringify(one.cases) === JSON.stringify(other.cases) &&
  one.earlier === other.earlier;

/** The states of the blocks in the run that is looked at; those that stay as they are, are not drawn anew. */
export const useRunStates = create<RunStates>()((set, get) => ({
  byPointer: {},
  looked: null,
  look: (looked) => set({ looked }),
  show(byPointer) {
    const before = get().byPointer;
    const kept = Object.entries(byPointer).map(([pointer, run]) => {
      const former = before[pointer];
      return [pointer, former && same(former, run) ? former : run] as const;
    });
    set({ byPointer: Object.fromEntries(kept) });
  },
}));

const EARNEST = ["faulted", "waiting", "running", "paused", "pending", "cancelled", "completed", "skipped"];

/**
 * The state of each block: of several executions the one that needs a person's eyes most. How many items of a map failed is
 * told where all executions are known.
 */
export function statesOf(tasks: TaskExecution[], now: number, allKnown = true): Record<string, TaskRun> {
  const found: Record<string, TaskRun> = {};
  const ofItems = allKnown ? toldOfItems(tasks) : new Map<string, string>();
  for (const task of tasks) {
    const before = found[task.pointer];
    const count = (before?.count ?? 0) + 1;
    const rank = before ? EARNEST.indexOf(task.state) - EARNEST.indexOf(before.state) : -1;
    const told = toldOf(task, now) ?? ofItems.get(task.id) ?? null;
    const alike = rank === 0 && before ? before.alike + 1 : 1;
    const cases = casesWith(before?.cases, task.case);
    found[task.pointer] =
      before && rank > 0
        ? { ...before, count, ...cases }
        : { state: task.state, count, alike, told, ...cases };
  }
  return found;
}

const casesWith = (before: Record<string, number> | undefined, name: string | null | undefined) => {
  if (typeof name !== "string") return before ? { cases: before } : {};
  return { cases: { ...before, [name]: (before?.[name] ?? 0) + 1 } };
};

/** Of the maps that have completed all the same, by their ids: `4 of 7 items failed`. */
function toldOfItems(tasks: TaskExecution[]): Map<string, string> {
  const items = new Map<string, { all: Set<string>; failed: Set<string> }>();
  for (const { id, kind, state } of tasks)
    if (kind === "call.map" && state === "completed") items.set(id, { all: new Set(), failed: new Set() });
  for (const { id, state } of tasks) {
    const item = around(id);
    const of = items.get(around(item));
    of?.all.add(item);
    if (state === "faulted") of?.failed.add(item); // nothing in the item has caught it
  }
  return new Map(
    [...items].flatMap(([id, { all, failed }]): [string, string][] =>
      failed.size ? [[id, `${failed.size} of ${all.size} ${all.size === 1 ? "item" : "items"} failed`]] : [],
    ),
  );
}

/** The id of what an execution is in: `map/2` of `map/2/ask`; empty for one that is in nothing. */
export const around = (id: string) => id.slice(0, Math.max(0, id.lastIndexOf("/")));

/** Those of a run that goes on from an earlier one: blocks that ran there alone are marked so. */
export function withEarlier(
  states: Record<string, TaskRun>,
  reused: readonly string[],
  blocks: readonly Block[],
): Record<string, TaskRun> {
  const names = new Set(reused);
  const earlier = blocks.flatMap(({ name, pointer }): [string, TaskRun][] =>
    names.has(name) && !states[pointer]
      ? [[pointer, { state: "completed", count: 1, alike: 1, told: null, earlier: true }]]
      : [],
  );
  return { ...states, ...Object.fromEntries(earlier) };
}

/** A state in words: `429 from openai; waiting 2.0 s; attempt 2 of 5`. */
export function toldOf(task: TaskExecution, now: number): string | null {
  if (task.state === "waiting" && task.last_failure) {
    const left = task.next_attempt_at ? (Date.parse(task.next_attempt_at) - now) / 1000 : 0;
    const wait = left > 0 ? `; waiting ${left.toFixed(1)} s` : "";
    const of = task.max_attempts ? ` of ${task.max_attempts}` : "";
    return `${task.last_failure}${wait}${task.attempt ? `; attempt ${task.attempt}${of}` : ""}`;
  }
  if (task.state === "waiting" && task.kind.includes("listen"))
    return "waits for an event: give it one in the run";
  if (task.state === "waiting") return task.detail ?? null;
  if (task.state === "faulted") return task.detail ?? task.last_failure ?? null;
  return task.caught ? `caught: ${task.caught}` : null;
}
