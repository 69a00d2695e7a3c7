import { create } from "zustand";
import { Problem, stream } from "../api/client";
import * as api from "../api/endpoints";
import type {
  Answers,
  EmittedEvent,
  Json,
  RunChanges,
  RunRecord,
  RunStatus,
  RunSummary,
  TaskRecord,
} from "../api/types";
import { blockAt, flattened } from "../state/blocks";
import { problemOf, useDocument } from "../state/document";
import { useData, withRun } from "../testrequest/data";
import { statesOf, useRunStates, withEarlier } from "./states";

/** A run as it is known: while it goes on its status, at the end its record. */
export interface RunView {
  id: string;
  /** What it is of: `demo/approval:1.0.0`. */
  definition: string;
  state: string;
  began: number;
  ended: number | null;
  tasks: TaskRecord[];
  status: RunStatus | null;
  record: RunRecord | null;
}

interface RunState {
  asking: boolean;
  open: boolean;
  /** Of the run that is looked at, whether or not anything is known of it yet. */
  id: string | null;
  /** There are no runs to show. */
  none: boolean;
  view: RunView | null;
  /** The run that has just been asked to end. */
  ending: string | null;
  /** Why the run that was asked to end goes on. */
  unended: string | null;
  ask(): void;
  forget(): void;
  /** Starts a run and has it watched; what is in the way of that is told to who asked, as long as the form is there. */
  start(input: Json, answers: Answers): Promise<Problem | null>;
  watch(id: string): Promise<void>;
  /** Shows the latest run, from which one gets to the others; while one is open, their list. */
  past(): Promise<void>;
  /** Asks for its end, which its worker sees to; `unended` tells why it goes on all the same. */
  cancel(): Promise<void>;
  /** Ends it, whether or not there is a worker. */
  terminate(): Promise<void>;
  rerun(pointer: string, answers: Answers): Promise<void>;
  /** Gives the run an event; the ids of the tasks that wait for one like it. */
  emit(event: EmittedEvent): Promise<string[] | null>;
  close(): void;
}

const aTaskOfItsOwn = () => new Promise((resolve) => setTimeout(resolve));

export const AGAIN_AFTER = 1_000;
let watching: AbortController | undefined;

/** Has the list of runs in the drawer ask for one. */
function chooseRun() {
  const list = document.querySelector<HTMLSelectElement>("#runs");
  list?.focus();
  try {
    list?.showPicker();
  } catch {} // the browser may not open a list by itself: it has the focus
}

export const FEW = 20;
const MANY = 1_000;

/** Whether a run is of a definition, `namespace/name`, in whatever version; one by its name alone has no namespace. */
export const isOf = ({ definition }: Pick<RunSummary, "definition">, name: string | null) =>
  name !== null && (nameOf(definition) === name || definition === name.split("/").at(-1));

/** `demo/approval` of `demo/approval:1.0.0`. */
export const nameOf = (definition: string) => definition.replace(/:[^:]*$/, "");

/** The latest runs, and those of a definition where there is none among them, or where the older ones are wanted, too. */
export async function latestRuns(name: string | null, older = false): Promise<RunSummary[]> {
  const few = await api.listRuns(FEW);
  if (few.length < FEW || (!older && few.some((run) => isOf(run, name)))) return few;
  const own = name === null ? await api.listRuns(MANY) : await api.listRuns(older ? MANY : FEW, name);
  return [...own, ...few.filter((run) => !own.some(({ id }) => id === run.id))];
}

/** The runs by their definitions: those of the one that is open first, the others as their latest run was. */
export function grouped(runs: RunSummary[], name: string | null): [string, RunSummary[]][] {
  const groups = new Map<string, RunSummary[]>();
  for (const run of runs) {
    const of = nameOf(run.definition);
    const group = groups.get(of);
    if (group) group.push(run);
    else groups.set(of, [run]);
  }
  return [...groups].sort(
    ([, [one]], [, [other]]) => Number(other && isOf(other, name)) - Number(one && isOf(one, name)),
  );
}

const fail = (error: unknown) => useDocument.setState({ problem: problemOf(error) });

/** Told by its status, before its record is there. */
export const ENDS = new Set(["completed", "faulted", "cancelled", "terminated", "failed", "timed out"]);

/** When it ended, or now; of one whose record is not there yet, when its last task ended. */
export function endOf(view: RunView, now: number): number {
  if (view.ended !== null) return view.ended;
  const ends = view.tasks.map((task) => (task.ended_at ? Date.parse(task.ended_at) : now));
  return ENDS.has(view.state) && ends.length ? Math.max(...ends) : now;
}

/** What the run waits for, where nothing in it goes on until somebody gives it an event; else its state. */
export function toldStateOf(view: RunView): string {
  const open = view.tasks.filter((task) => !task.ended_at);
  const innermost = open.filter(({ id }) => !open.some((other) => other.id.startsWith(`${id}/`)));
  const isAwaiting = (task: TaskRecord) => task.kind.includes("listen") && task.state === "waiting";
  const isAll = view.state === "running" && areAllKnown(view) && !view.status?.impasse;
  return isAll && innermost.length > 0 && innermost.every(isAwaiting) ? "waiting for an event" : view.state;
}

/** Whether answers that were kept stand in for its servers. */
export const isSimulated = ({ record, status }: RunView) => (record ?? status)?.simulated === true;

/** Of a run of more than a thousand executions only its record, at the end, has all. */
export const areAllKnown = ({ record, status }: RunView) => record !== null || !status?.omitted;

export const isOver = (view: RunView | null) => view !== null && view.ended !== null;

/** What tasks gave is what expressions are shown with next: those of the definition that is open, which others' runs are not. */
export function keepOutputs(record: RunRecord) {
  const { path, blocks, definition } = useDocument.getState();
  if (!isOf(record, definition)) return;
  const own = record.tasks.filter((task) => blockAt(blocks, task.pointer)?.name === task.name);
  if (path === null || own.length === 0) return;
  const outputs = own.filter((task) => task.state === "completed" && task.output !== undefined);
  const run = {
    id: record.id,
    at: record.started_at,
    outputs: Object.fromEntries(outputs.map((task) => [task.name, task.output as Json])),
    large: {},
    ...(record.input === undefined || record.input === null ? {} : { input: record.input }),
  };
  useData.getState().keep(path, (sample) => withRun(sample, run, record.simulated === true));
}

/** The tasks of a run with what has changed: those that are new stand behind the others. */
export function changed(tasks: TaskRecord[], changes: TaskRecord[], gone: string[]): TaskRecord[] {
  const left = new Map(changes.map((task) => [task.id, task]));
  const without = new Set(gone);
  const stay = tasks.flatMap((task) => {
    const now = left.get(task.id) ?? task;
    left.delete(task.id);
    return without.has(task.id) ? [] : [now];
  });
  return [...stay, ...left.values()];
}

/** The run that is looked at. */
export const useRun = create<RunState>()((set, get) => {
  const show = (view: RunView) => {
    set({ view });
    const reused = (view.record ?? view.status)?.rerun_of?.reused ?? [];
    const states = statesOf(view.tasks, Date.now(), areAllKnown(view));
    const { blocks, definition } = useDocument.getState();
    if (!isOf(view, definition))
      useRunStates.getState().show({}); // its tasks are not these blocks
    else
      useRunStates.getState().show(reused.length ? withEarlier(states, reused, flattened(blocks)) : states);
  };

  const take = (id: string, event: string, data: unknown) => {
    const before = get().view;
    if (event === "status") {
      const { tasks, ...status } = data as RunStatus & { tasks: TaskRecord[] };
      const began = Date.parse(status.started_at); // the record's own: no bar moves when the run ends
      const { definition, state } = status;
      show({ id, definition, state, began, ended: null, tasks, status, record: null });
    } else if (event === "changes" && before?.status) {
      const { tasks, gone, ...facts } = data as RunChanges;
      const status = { ...before.status, ...facts };
      show({ ...before, state: status.state, tasks: changed(before.tasks, tasks, gone), status });
    } else if (event === "ended") {
      const record = data as RunRecord;
      const ended = record.ended_at ? Date.parse(record.ended_at) : Date.now();
      const began = Date.parse(record.started_at);
      show({
        id,
        definition: record.definition,
        state: record.state,
        began,
        ended,
        tasks: record.tasks,
        status: before?.status ?? null,
        record,
      });
      keepOutputs(record);
    } else if (event === "failed") fail(new Problem(0, data as Record<string, unknown>));
  };

  /** Follows a run until it has ended; a stream that breaks off is begun again. */
  const follow = async (id: string, signal: AbortSignal) => {
    let told = false;
    while (!signal.aborted) {
      try {
        const events = stream("GET", `/runs/${encodeURIComponent(id)}/events`, undefined, signal);
        for await (const { event, data } of events) {
          if (signal.aborted) return;
          take(id, event, data);
        }
      } catch (error) {
        if (signal.aborted) return;
        const { status } = problemOf(error);
        if (status >= 400 && status < 500) {
          const { view } = get();
          if (view && !isOver(view)) show({ ...view, state: "unknown", ended: Date.now() });
          return fail(error); // nothing more will be told of it
        }
        if (status !== 0 && !told) fail(error); // Temporal is away, and comes back
        told ||= status !== 0;
      }
      if (isOver(get().view)) return;
      await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER));
    }
  };

  return {
    asking: false,
    open: false,
    id: null,
    none: false,
    view: null,
    ending: null,
    unended: null,
    ask: () => set({ asking: true }),
    forget: () => set({ asking: false }),
    async start(input, answers) {
      await useDocument.getState().settled();
      const { path, text } = useDocument.getState();
      if (path === null) return null;
      let problem: Problem | null = null;
      try {
        const { id } = await api.startRun(path, text, input, answers);
        set({ asking: false });
        await aTaskOfItsOwn(); // to let go of a dialog styles the whole page, and to open the drawer lays it out
        void get().watch(id);
      } catch (error) {
        problem = problemOf(error);
        if (!get().asking) fail(problem);
      }
      if (!problem?.facts.faults) useData.getState().keep(path, (sample) => ({ ...sample, input }));
      return problem;
    },
    async watch(id) {
      watching?.abort();
      watching = new AbortController();
      useRunStates.getState().show({});
      useRunStates.getState().look(null);
      set({ open: true, id, none: false, view: null, unended: null });
      await follow(id, watching.signal);
    },
    async past() {
      if (get().open && get().id !== null) return chooseRun(); // the run that is open stays until another is chosen
      try {
        const { path, definition: name } = useDocument.getState();
        const latest = (await latestRuns(name)).find((run) => isOf(run, name));
        if (useDocument.getState().path !== path) return;
        if (latest) await get().watch(latest.id);
        else set({ open: true, none: true });
      } catch (error) {
        fail(error);
      }
    },
    async cancel() {
      const { id } = get();
      if (id === null) return;
      set({ ending: id });
      try {
        const { reason, state } = await api.cancelRun(id);
        if (state !== "running" && state !== "paused") return;
        if (get().id === id) set({ unended: reason });
      } catch (error) {
        fail(error);
      } finally {
        if (get().ending === id) set({ ending: null });
      }
    },
    async terminate() {
      const { id } = get();
      if (id !== null) await api.terminateRun(id).catch(fail);
    },
    async rerun(pointer, answers) {
      const { view } = get();
      await useDocument.getState().settled(); // a field that was just left is a part of what runs
      const { path, text } = useDocument.getState();
      if (!view || path === null) return;
      try {
        const { id } = await api.rerun(view.id, path, text, pointer, answers);
        await get().watch(id);
      } catch (error) {
        fail(error);
      }
    },
    async emit(event) {
      const { view } = get();
      if (!view) return null;
      try {
        return (await api.emitEvent(view.id, event)).tasks;
      } catch (error) {
        fail(error);
        return null;
      }
    },
    close() {
      watching?.abort();
      useRunStates.getState().show({});
      set({ open: false, id: null, view: null });
    },
  };
});
