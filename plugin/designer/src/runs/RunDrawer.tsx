import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useState } from "react";
import { listRuns } from "../api/endpoints";
import type { CallRecord, TaskRecord } from "../api/types";
import { useLayout } from "../app/layout";
import { useProject } from "../app/opening";
import { blockAt } from "../state/blocks";
import { useDocument } from "../state/document";
import { JsonTree } from "../testrequest/JsonTree";
import { Icon } from "../ui/icons";
import { Prose, Told } from "../ui/Prose";
import { toldDuration, toldTime } from "../ui/time";
import { Emit } from "./Emit";
import { RunDialog } from "./RunDialog";
import { ENDS, endOf, isOver, type RunView, useRun } from "./run";
import { toldOf, useRunStates } from "./states";
import { Timeline, useNow } from "./Timeline";
import "./runs.css";

/** The run that is looked at: its tasks in time, and what became of them. */
export function RunDrawer() {
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.preventDefault();
    useRun.getState().close();
    document.getElementById("run")?.focus();
  };
  const { asking, open, none, view } = useRun();
  return (
    <>
      {asking && <RunDialog />}
      {open && (
        <section className="drawer" aria-label="Run" data-pane onKeyDown={onKey}>
          <RunHead view={view} />
          {view ? (
            <RunBody view={view} />
          ) : (
            <p className="empty">{none ? "Nothing was run yet. Press Run to begin one." : <Looking />}</p>
          )}
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
  const { id, cancel, close } = useRun();
  const now = useNow(view !== null && !isOver(view));
  const spent = view?.record?.spent ?? view?.status?.spent;
  return (
    <header className="drawer-head">
      <h2>Run</h2>
      {view && <span className={`badge ${view.state}`}>{view.state}</span>}
      {id !== null && <PastRuns id={id} view={view} />}
      {(view?.record ?? view?.status)?.simulated && <span className="badge simulated">simulated</span>}
      <span className="muted" role="status">
        {[
          view && durationOf(view, now),
          spent?.calls ? `${spent.calls} ${spent.calls === 1 ? "call" : "calls"}` : null,
          spent?.tokens ? `${spent.tokens} tokens` : null,
          spent?.cost_usd ? `$${spent.cost_usd.toPrecision(2)}` : null,
        ]
          .filter(Boolean)
          .join(" · ")}
      </span>
      <span className="grow" />
      {view && !isOver(view) && !ENDS.has(view.state) && (
        <button type="button" className="button small" onClick={() => void cancel()}>
          Cancel run
        </button>
      )}
      <button type="button" className="button plain small square" aria-label="Close the run" onClick={close}>
        <Icon name="close" size={13} />
      </button>
    </header>
  );
}

const durationOf = (view: RunView, now: number) => toldDuration(endOf(view, now) - view.began);

const LOOK_EVERY = 2_000;
const FEW = 20;
const MANY = 200;

/** The latest runs; of the one that is looked at it tells what is known here, which lists learn later. */
function PastRuns({ id, view }: { id: string; view: RunView | null }) {
  const [most, setMost] = useState(FEW);
  const { data = [] } = useQuery({
    queryKey: ["runs", id, isOver(view), most],
    queryFn: () => listRuns(most),
    placeholderData: (before) => before,
    refetchInterval: LOOK_EVERY,
  });
  const runs = data.map((run) => (run.id === id && view ? { ...run, state: view.state } : run));
  if (!data.some((run) => run.id === id)) {
    const began = view ? new Date(view.began) : new Date();
    runs.unshift({ id, definition: "", state: view?.state ?? "begun", started_at: began.toISOString() });
  }
  return (
    <select
      id="runs"
      className="past"
      aria-label="Runs"
      value={id}
      onChange={({ target }) => {
        if (target.value) void useRun.getState().watch(target.value);
        else setMost(MANY);
      }}
    >
      {runs.map((run) => (
        <option key={run.id} value={run.id}>
          {toldTime(run.started_at)} · {run.state}
          {run.simulated ? " · simulated" : ""} · {run.id}
        </option>
      ))}
      {data.length === FEW && <option value="">older runs …</option>}
    </select>
  );
}

function RunBody({ view }: { view: RunView }) {
  const { tasks, record } = view;
  const looked = useRunStates((state) => state.looked);
  const task =
    tasks.findLast((one) => one.id === looked || one.pointer === looked) ??
    tasks.find((one) => one.state === "faulted") ??
    null;
  const waiting = tasks.filter((one) => one.kind.includes("listen") && !one.ended_at);
  return (
    <div className="drawer-body">
      <Timeline view={view} chosen={task?.id ?? null} choose={useRunStates.getState().look} />
      <div className="drawer-detail">
        {waiting.map((one) => !isOver(view) && <Emit key={one.id} task={one} />)}
        {view.status?.impasse && (
          <p className="block-fault">
            <Prose text={view.status.impasse.last_failure ?? ""} />
          </p>
        )}
        {!task && !waiting.length && record === null && (
          <p className="muted">Choose a task to see what became of it.</p>
        )}
        {task && <TaskDetail task={task} />}
        {!task && record?.failure && (
          <p className="block-fault">
            <Prose text={record.failure.message} />
          </p>
        )}
        {record && record.output !== undefined && record.output !== null && (
          <>
            <h3>Result</h3>
            <JsonTree value={record.output} base={null} label="Result" />
          </>
        )}
      </div>
    </div>
  );
}

function TaskDetail({ task }: { task: TaskRecord }) {
  const view = useRun((state) => state.view);
  const block = useDocument((state) => blockAt(state.blocks, task.pointer));
  const told = toldOf(task, Date.now());
  const faultyAt = placeOfFault(task);
  return (
    <div className="task-detail">
      <p>
        <b>{task.name}</b> <span className={`badge ${task.state}`}>{task.state}</span>{" "}
        <span className="muted">{task.summary}</span>
      </p>
      {told && (
        <p className={`block-told ${task.state}`}>
          <Prose text={told} />
        </p>
      )}
      <p>
        {block && (
          <button
            type="button"
            className="button small"
            onClick={() => useDocument.getState().select(task.pointer)}
          >
            Show block
          </button>
        )}{" "}
        {block && task.state === "faulted" && (
          <button
            type="button"
            className="button small primary"
            title="Correct it there, then continue from here"
            onClick={() => {
              useDocument.getState().select(task.pointer);
              useLayout.getState().enterForm(faultyAt ?? undefined);
            }}
          >
            Mend {faultyAt?.split("/").at(-1) ?? "its fields"}
          </button>
        )}{" "}
        {isOver(view) && block && (
          <button
            type="button"
            className="button small"
            onClick={() => void useRun.getState().rerun(task.pointer)}
          >
            {task.state === "faulted" ? "Continue from here" : "Run again from here"}
          </button>
        )}
      </p>
      {view?.record === null && (
        <p className="muted">What it sent and got is shown once the run has ended.</p>
      )}
      {task.calls?.map((call) => (
        <CallDetail key={call.id} call={call} told={told} />
      ))}
      {task.output !== undefined && task.output !== null && (
        <details>
          <summary>Output</summary>
          <JsonTree value={task.output} base={null} label="Output" />
        </details>
      )}
    </div>
  );
}

/** The place in the task that a fault names, as in `/do/1/two/set/shout: explode input must be a string`. */
export function placeOfFault(task: TaskRecord): string | null {
  const named = /^(\/[^\s:]+): /.exec(task.detail ?? "")?.[1];
  return named?.startsWith(`${task.pointer}/`) ? named : null;
}

function CallDetail({ call, told }: { call: CallRecord; told: string | null }) {
  return (
    <>
      {call.failure && call.failure.message !== told && (
        <p className="block-fault">
          <Prose text={call.failure.message} />
        </p>
      )}
      {call.earlier_failure && (
        <p className="block-told">
          the attempt before: <Prose text={call.earlier_failure.message} />
        </p>
      )}
      {call.request !== undefined && call.request !== null && (
        <details>
          <summary>Request{call.attempts > 1 ? `, ${call.attempts} attempts` : ""}</summary>
          <JsonTree value={call.request} base={null} label="Request" />
        </details>
      )}
      {call.response !== undefined && call.response !== null && (
        <details>
          <summary>Answer</summary>
          <JsonTree value={call.response} base={null} label="Answer" />
        </details>
      )}
    </>
  );
}
