import { type CSSProperties, useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { TaskExecution, TaskRecord } from "../api/types";
import { toldDuration } from "../ui/time";
import { endOf, isOver, type RunView } from "./run";
import { around, WHOLE } from "./states";

const ROW = 24; // as the style sheet has it
const BEFORE_AND_BEHIND = 4;
const TICK = 200;

interface Props {
  view: RunView;
  chosen: string | null;
  choose(id: string): void;
}

/** The tasks of a run as bars over time; of many, those in sight are in the page. */
export function Timeline({ view, chosen, choose }: Props) {
  const now = useNow(!isOver(view));
  const { place: list, first, last, onScroll } = useSight(view.tasks.length);
  const begin = view.began;
  const end = Math.max(begin + 1, endOf(view, now));
  const place = (from: string, to: string | null | undefined) => {
    const first = (Date.parse(from) - begin) / (end - begin);
    const last = ((to ? Date.parse(to) : end) - begin) / (end - begin);
    const left = Math.min(Math.max(first, 0), 0.995);
    return { left: `${left * 100}%`, width: `${Math.max(last - left, 0.005) * 100}%` };
  };
  const nth = useMemo(() => ordinals(view.tasks), [view.tasks]);
  return (
    <div className="timelines">
      <div className="timeline whole">
        <button type="button" aria-current={chosen === null || undefined} onClick={() => choose(WHOLE)}>
          <span className="timeline-name">Whole run</span>
          <span className="timeline-bar">
            <span className={view.state} style={{ left: 0, width: "100%" }} />
          </span>
          <span className="timeline-used">
            {view.tasks.length} {view.tasks.length === 1 ? "task" : "tasks"}
          </span>
          <span className="timeline-time">{toldDuration(end - begin)}</span>
        </button>
      </div>
      <ol
        className="timeline"
        aria-label="Tasks of the run"
        ref={list}
        onScroll={onScroll}
        style={{ "--before": first, "--behind": view.tasks.length - last } as CSSProperties}
      >
        {view.tasks.slice(first, last).map((task, index) => (
          <li key={task.id} aria-setsize={view.tasks.length} aria-posinset={first + index + 1}>
            <button
              type="button"
              aria-current={task.id === chosen || undefined}
              onClick={() => choose(task.id)}
            >
              <span
                className="timeline-name"
                title={[task.name, roundOf(task, nth)].filter(Boolean).join(" · ")}
              >
                {task.name} <small>{roundOf(task, nth)}</small>
              </span>
              <span className="timeline-bar">
                <span className={task.state} style={place(task.started_at, task.ended_at)} />
                {attemptsBefore(task).map((call) => (
                  <span
                    key={call.id}
                    className="before"
                    style={place(call.scheduled_at, call.attempt_began_at)}
                  />
                ))}
              </span>
              <span className="timeline-used">{usedBy(task)}</span>
              <span className="timeline-time">{secondsOf(task, end)}</span>
              <span className="sr">{task.state}</span>
            </button>
          </li>
        ))}
      </ol>
    </div>
  );
}

/** How many executions failed, but for those that did because of a task in them. */
export function failuresOf(tasks: TaskExecution[]): number {
  const failed = tasks.filter(({ state }) => state === "faulted").map(({ id }) => id);
  const outer = new Set<string>();
  for (const id of failed)
    for (let one = around(id); one && !outer.has(one); one = around(one)) outer.add(one);
  return failed.filter((id) => !outer.has(id)).length;
}

/** Of executions of the same task in the same round of its loops, which one each is; of the only one nothing. */
export function ordinals(tasks: TaskRecord[]): Map<string, number> {
  const executions = new Map<string, string[]>();
  for (const { id, pointer, loops } of tasks) {
    const round = `${pointer} ${JSON.stringify(loops ?? {})}`;
    const ids = executions.get(round);
    if (ids) ids.push(id);
    else executions.set(round, [id]);
  }
  const found = new Map<string, number>();
  for (const ids of executions.values())
    if (ids.length > 1) for (const [index, id] of ids.entries()) found.set(id, index + 1);
  return found;
}

/** Which round of its loops an execution is, and which time in it: `index 1 · item b2`. */
export function roundOf(task: TaskRecord, nth: Map<string, number>): string {
  const entries = Object.entries(task.loops ?? {});
  const isNumber = ([, value]: [string, string]) => /^\d+$/.test(value); // an index is short, and says enough where there is no room
  const sorted = [...entries.filter(isNumber), ...entries.filter((one) => !isNumber(one))];
  const rounds = sorted.map(([name, value]) => `${name} ${value}`);
  const number = nth.get(task.id);
  return [...rounds, ...(number === undefined ? [] : [`#${number}`])].join(" · ");
}

/** Which rows of a list are in sight, with some around them for who goes on by keyboard. */
function useSight(count: number) {
  const place = useRef<HTMLOListElement>(null);
  const [seen, setSeen] = useState({ top: 0, rows: 8 });
  const look = useCallback(() => {
    const list = place.current;
    if (!list) return;
    const top = Math.floor(list.scrollTop / ROW);
    const rows = Math.ceil(list.clientHeight / ROW);
    setSeen((before) => (before.top === top && before.rows === rows ? before : { top, rows }));
  }, []);
  useEffect(() => {
    if (!place.current) return;
    const watching = new ResizeObserver(look);
    watching.observe(place.current);
    return () => watching.disconnect();
  }, [look]);
  const { first, last } = inSight(seen.top, seen.rows, count);
  return { place, first, last, onScroll: look };
}

/** Of the rows, the first that is in the page, and the one behind the last. */
export function inSight(top: number, rows: number, count: number): { first: number; last: number } {
  const last = Math.min(count, top + rows + BEFORE_AND_BEHIND);
  return { first: Math.max(0, Math.min(top, last - rows) - BEFORE_AND_BEHIND), last };
}

/** Calls that were tried before their last attempt, and waited for it. */
const attemptsBefore = (task: TaskRecord) =>
  (task.calls ?? []).filter((call) => call.attempts > 1 && call.attempt_began_at);

/** Attempts, tokens and dollars, as far as they are known: `3 attempts · 42 tokens · $0.00012`. */
export function usedBy(task: TaskRecord): string {
  const calls = task.calls ?? [];
  const sum = (parts: (number | null | undefined)[]) =>
    parts.reduce((whole: number, part) => whole + (part ?? 0), 0);
  if (!calls.length) return (task.attempt ?? 0) > 1 ? `attempt ${task.attempt}` : "";
  const attempts = sum(calls.map((call) => call.attempts));
  const tokens = sum(calls.map((call) => call.tokens));
  const cost = sum(calls.map((call) => call.cost_usd));
  return [
    attempts > calls.length && `${attempts} attempts`,
    tokens > 0 && `${tokens} tokens`,
    cost > 0 && `$${cost.toPrecision(2)}`,
  ]
    .filter(Boolean)
    .join(" · ");
}

function secondsOf(task: TaskExecution, end: number): string {
  const took = (task.ended_at ? Date.parse(task.ended_at) : end) - Date.parse(task.started_at);
  return toldDuration(took);
}

/** The time, as it passes. */
export function useNow(goesOn: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!goesOn) return;
    const timer = setInterval(() => setNow(Date.now()), TICK);
    return () => clearInterval(timer);
  }, [goesOn]);
  return now;
}
