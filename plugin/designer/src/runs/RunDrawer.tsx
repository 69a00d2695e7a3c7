import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { listRuns } from "../api/endpoints";
import type { RunView, TaskExecution } from "../api/types";
import { blockAt } from "../state/blocks";
import { useDocument } from "../state/document";
import { JsonTree } from "../testrequest/JsonTree";
import { Icon } from "../ui/icons";
import { Emit } from "./Emit";
import { RunDialog } from "./RunDialog";
import { isOver, useRun } from "./run";
import { toldOf } from "./states";
import { Timeline } from "./Timeline";
import "./runs.css";

/** The run that is looked at: its tasks in time, and what became of them. */
export function RunDrawer() {
  const { asking, open, view } = useRun();
  return (
    <>
      {asking && <RunDialog />}
      {open && (
        <section className="drawer" aria-label="Run">
          <RunHead view={view} />
          {view ? <RunBody view={view} /> : <p className="empty">Starting …</p>}
        </section>
      )}
    </>
  );
}

function RunHead({ view }: { view: RunView | null }) {
  const { cancel, close } = useRun();
  const spent = view?.status?.spent;
  return (
    <header className="drawer-head">
      <h2>Run</h2>
      {view && <span className={`badge ${view.state}`}>{view.state}</span>}
      {view && <PastRuns current={view} />}
      {view?.status?.simulated && <span className="badge warning">simulated</span>}
      <span className="muted" role="status">
        {[
          view && durationOf(view),
          spent?.calls ? `${spent.calls} ${spent.calls === 1 ? "call" : "calls"}` : null,
          spent?.tokens ? `${spent.tokens} tokens` : null,
          spent?.cost_usd ? `$${spent.cost_usd.toPrecision(2)}` : null,
        ]
          .filter(Boolean)
          .join(" · ")}
      </span>
      <span className="grow" />
      {view && !isOver(view) && (
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

function durationOf(view: RunView): string {
  const end = view.ended_at ? Date.parse(view.ended_at) : Date.now();
  return `${((end - Date.parse(view.started_at)) / 1000).toFixed(1)} s`;
}

function PastRuns({ current }: { current: RunView }) {
  const { data } = useQuery({ queryKey: ["runs", current.id, isOver(current)], queryFn: listRuns });
  const runs = data?.some((run) => run.id === current.id) ? data : [current, ...(data ?? [])];
  return (
    <select
      className="past"
      aria-label="Runs"
      value={current.id}
      onChange={(event) => void useRun.getState().watch(event.target.value)}
    >
      {runs.slice(0, 50).map((run) => (
        <option key={run.id} value={run.id}>
          {new Date(run.started_at).toLocaleTimeString()} · {run.workflow} · {run.state} · {run.id}
        </option>
      ))}
    </select>
  );
}

function RunBody({ view }: { view: RunView }) {
  const tasks = view.status?.tasks ?? [];
  const [chosen, setChosen] = useState<string | null>(null);
  const task = tasks.find((one) => one.id === chosen) ?? tasks.find((one) => one.state === "faulted") ?? null;
  return (
    <div className="drawer-body">
      <Timeline view={view} chosen={task?.id ?? null} choose={setChosen} />
      <div className="drawer-detail">
        {task ? <TaskDetail task={task} /> : null}
        {tasks
          .filter((one) => one.kind === "listen" && !one.ended_at)
          .map((one) => (
            <Emit key={one.id} task={one} />
          ))}
        {!task && view.error && (
          <p className="block-fault">{String(view.error.detail ?? view.error.title)}</p>
        )}
        {isOver(view) && view.result !== undefined && view.result !== null && (
          <>
            <h3>Result</h3>
            <JsonTree value={view.result} base={null} label="Result" />
          </>
        )}
      </div>
    </div>
  );
}

function TaskDetail({ task }: { task: TaskExecution }) {
  const view = useRun((state) => state.view);
  const block = useDocument((state) => blockAt(state.blocks, task.pointer));
  const told = toldOf(task, Date.now());
  return (
    <div className="task-detail">
      <p>
        <b>{task.name}</b> <span className={`badge ${task.state}`}>{task.state}</span>{" "}
        <span className="muted">{task.summary}</span>
      </p>
      {told && <p className={`block-told ${task.state}`}>{told}</p>}
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
        {isOver(view) && block && (
          <button
            type="button"
            className="button small"
            onClick={() => void useRun.getState().rerun(task.pointer)}
          >
            Run again from here
          </button>
        )}
      </p>
    </div>
  );
}
