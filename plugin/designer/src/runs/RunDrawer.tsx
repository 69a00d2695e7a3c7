import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type KeyboardEvent, useEffect, useMemo, useState } from "react";
import type { Recorded } from "../api/types";
import { openDefinition, useDefinitions, useProject } from "../app/opening";
import { useDocument } from "../state/document";
import { Icon } from "../ui/icons";
import { Prose, Told } from "../ui/Prose";
import { toldDuration, toldTime } from "../ui/time";
import { RunDetail, TaskDetail, useRecorded, useSoFar } from "./Detail";
import { Edge, useHeight } from "./Edge";
import { Emit } from "./Emit";
import { RunDialog } from "./RunDialog";
import {
  areAllKnown,
  ENDS,
  endOf,
  FEW,
  grouped,
  isOf,
  isOver,
  isSimulated,
  latestRuns,
  nameOf,
  type RunView,
  toldStateOf,
  useRun,
} from "./run";
import { useRunStates, WHOLE } from "./states";
import { failuresOf, Timeline, useNow } from "./Timeline";
import "./runs.css";

/** The run that is looked at: its tasks in time, and what became of them. */
export default function RunDrawer() {
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.preventDefault();
    useRun.getState().close();
    document.getElementById("run")?.focus();
  };
  const { asking, open, none, view } = useRun();
  const height = useHeight();
  return (
    <>
      {asking && <RunDialog />}
      {open && (
        <section
          className="drawer"
          aria-label="Run"
          data-pane
          onKeyDown={onKey}
          style={height === null ? undefined : { height }}
        >
          <RunHead view={view} />
          <Besides view={view} />
          {view ? (
            <RunBody view={view} />
          ) : (
            <p className="empty">
              {none ? "This definition has no run yet. Press Run to begin one." : <Looking />}
            </p>
          )}
          <Edge />
        </section>
      )}
    </>
  );
}

/** Nothing is known of the run yet, which only a worker can tell. */
function Looking() {
  const worker = useProject().data?.worker;
  if (!worker || worker.state === "ready") return "Looking at the run …";
  return (
    <span role="status">
      <Told message="The run has begun, and goes on once a worker takes it." hint={worker.hint} />
    </span>
  );
}

function RunHead({ view }: { view: RunView | null }) {
  const { id, none, close } = useRun();
  const now = useNow(view !== null && !isOver(view));
  const spent = view?.record?.spent ?? view?.status?.spent;
  const failed = useMemo(() => (view ? failuresOf(view.tasks) : 0), [view]);
  return (
    <header className="drawer-head">
      <h2>Run</h2>
      {view && <StateBadge view={view} />}
      {(id !== null || none) && <PastRuns id={id} view={view} />}
      {view && isSimulated(view) && <span className="badge simulated">simulated</span>}
      <span className="muted" role="status">
        {[
          view && durationOf(view, now),
          spent?.calls ? `${spent.calls} ${spent.calls === 1 ? "call" : "calls"}` : null,
          spent?.tokens ? `${spent.tokens} tokens` : null,
          spent?.cost_usd ? `$${spent.cost_usd.toPrecision(2)}` : null,
          failed ? `${view && !areAllKnown(view) ? "at least " : ""}${failed} failed` : null,
        ]
          .filter(Boolean)
          .join(" · ")}
      </span>
      <span className="grow" />
      {id !== null && !isOver(view) && !ENDS.has(view?.state ?? "") && <End id={id} />}
      <button
        type="button"
        id="close-run"
        className="button plain small square"
        aria-label="Close the run"
        onClick={close}
      >
        <Icon name="close" size={13} />
      </button>
    </header>
  );
}

function StateBadge({ view }: { view: RunView }) {
  const told = useMemo(() => toldStateOf(view), [view]);
  return <span className={`badge ${told === view.state ? told : "waiting"}`}>{told}</span>;
}

/** Where a button of an end goes away, with which the focus would: it goes to the next one. */
function useNextFocus() {
  useEffect(
    () => () => {
      const isLost = () => document.activeElement === document.body;
      requestAnimationFrame(() => isLost() && document.getElementById("close-run")?.focus());
    },
    [],
  );
}

function End({ id }: { id: string }) {
  const { ending, unended, cancel } = useRun();
  useNextFocus();
  const isAsked = ending === id || unended !== null;
  return (
    <button
      type="button"
      className="button small"
      aria-disabled={isAsked}
      onClick={() => !isAsked && void cancel()}
    >
      {isAsked ? "Cancelling …" : "Cancel run"}
    </button>
  );
}

/** What is to be known of a run before its tasks are: that it is another definition's, or why it does not go on, or end. */
function Besides({ view }: { view: RunView | null }) {
  const unended = useRun((state) => state.unended);
  const recorded = useRecorded(view);
  const impasse = view?.status?.impasse?.last_failure;
  return (
    <>
      {view && <OfAnother view={view} />}
      {recorded && (recorded.failure || isOver(view)) && <Kept recorded={recorded} />}
      {isOver(view) ? null : unended !== null ? (
        <Unended reason={unended} />
      ) : impasse ? (
        <div className="note" role="status">
          <p>
            <Prose text={impasse} />
          </p>
        </div>
      ) : null}
    </>
  );
}

function OfAnother({ view }: { view: RunView }) {
  const isOwn = useDocument((state) => isOf(view, state.definition));
  const { data: definitions = [] } = useDefinitions();
  if (isOwn) return null;
  const path = definitions.find((one) => isOf(view, one.definition ?? null))?.path;
  return (
    <div className="note">
      <p>
        This is a run of <code>{nameOf(view.definition)}</code>, not of the definition that is open.
      </p>
      {path && (
        <button type="button" className="button small" onClick={() => void openWith(path, view.id)}>
          Open {path}
        </button>
      )}
    </div>
  );
}

/** That a run goes on which was asked to end. What ends it at once is not where it was asked: a second press does nothing. */
function Unended({ reason }: { reason: string }) {
  useNextFocus();
  return (
    <div className="note">
      <button
        type="button"
        className="button small"
        title="Ends it at once: it tidies nothing up"
        onClick={() => void useRun.getState().terminate()}
      >
        Terminate run
      </button>
      <p role="status">
        <Prose text={`asked to end, it goes on: ${reason}`} />
      </p>
    </div>
  );
}

/** What came of it that the answers of a run were to be kept. */
function Kept({ recorded: { folder, answers, failure } }: { recorded: Recorded }) {
  const client = useQueryClient();
  useEffect(() => {
    if (answers) void client.invalidateQueries({ queryKey: ["kept answers"] }); // the blocks tell of them
  }, [client, answers]);
  const count = answers === 1 ? "1 answer is" : `${answers || "No"} answers are`;
  const cure = failure === null ? "" : ` Not all: ${failure}.`;
  const use = answers ? ' "Run with kept answers" uses them.' : "";
  return (
    <div className={failure === null ? "note plain" : "note"} role="status">
      <p>
        <Prose text={`${count} kept in \`${folder}\`.${cure}${use}`} />
      </p>
    </div>
  );
}

async function openWith(path: string, id: string): Promise<void> {
  await openDefinition(path);
  if (useDocument.getState().path === path) await useRun.getState().watch(id);
}

const durationOf = (view: RunView, now: number) => toldDuration(endOf(view, now) - view.began);

const LOOK_EVERY = 2_000;
/** Where a thousand are listed. */
const LOOK_SELDOM = 30_000;

/** The latest runs, those of the open definition first; of the one that is looked at it tells what is known here, which lists learn later. */
function PastRuns({ id, view }: { id: string | null; view: RunView | null }) {
  const [older, setOlder] = useState(false);
  const name = useDocument((state) => state.definition);
  const { data = [] } = useQuery({
    queryKey: ["runs", id, isOver(view), older, name],
    queryFn: () => latestRuns(name, older),
    placeholderData: (before) => before,
    refetchInterval: older ? LOOK_SELDOM : LOOK_EVERY,
  });
  const runs = data.map((run) => (run.id === id && view ? { ...run, state: view.state } : run));
  if (id !== null && !data.some((run) => run.id === id)) {
    const began = view ? new Date(view.began) : new Date();
    const like = data.find((run) => isOf(run, name))?.definition;
    const definition = view?.definition ?? like ?? name ?? "";
    runs.unshift({ id, definition, state: view?.state ?? "begun", started_at: began.toISOString() });
  }
  return (
    <select
      id="runs"
      className="past"
      aria-label="Runs"
      title={id ?? undefined}
      value={id ?? NO_RUN}
      onChange={({ target }) => {
        if (target.value) void useRun.getState().watch(target.value);
        else setOlder(true);
      }}
    >
      {id === null && <option value={NO_RUN}>runs of others …</option>}
      {grouped(runs, name).map(([definition, some]) => (
        <optgroup key={definition} label={definition}>
          {some.map((run) => (
            <option key={run.id} value={run.id} title={run.id}>
              {toldTime(run.started_at)} · {run.state}
              {run.simulated ? " · simulated" : ""}
              {isOf(run, name) ? "" : ` · ${definition}`}
            </option>
          ))}
        </optgroup>
      ))}
      {!older && data.length >= FEW && <option value="">older runs …</option>}
    </select>
  );
}

const NO_RUN = "none";

function RunBody({ view }: { view: RunView }) {
  const { tasks } = view;
  const looked = useRunStates((state) => state.looked);
  const task =
    looked === WHOLE
      ? null
      : (tasks.findLast((one) => one.id === looked || one.pointer === looked) ??
        tasks.find((one) => one.state === "faulted") ??
        null);
  const soFar = useSoFar(view, task);
  const waiting = tasks.filter((one) => one.kind.includes("listen") && !one.ended_at);
  const among = waiting.map((one) => one.id).join(" ");
  return (
    <div className="drawer-body">
      <Timeline view={view} chosen={task?.id ?? null} choose={useRunStates.getState().look} />
      <div className="drawer-detail">
        {waiting.map(
          (one) =>
            !isOver(view) &&
            !view.status?.impasse && <Emit key={one.id} run={view.id} task={one} among={among} />,
        )}
        {task ? (
          <TaskDetail
            key={task.id}
            task={soFar?.tasks.find((one) => one.id === task.id) ?? task}
            view={view}
          />
        ) : (
          <RunDetail view={view} record={soFar} />
        )}
      </div>
    </div>
  );
}
