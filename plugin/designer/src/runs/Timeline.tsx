import { useEffect, useState } from "react";
import type { TaskExecution } from "../api/types";
import { isOver, type RunView } from "./run";

const SHOWN = 500;
const TICK = 200;

interface Props {
  view: RunView;
  chosen: string | null;
  choose(id: string): void;
}

/** The tasks of a run as bars over time. */
export function Timeline({ view, chosen, choose }: Props) {
  const now = useNow(!isOver(view));
  const tasks = view.tasks.slice(-SHOWN);
  const begin = view.began;
  const end = Math.max(begin + 1, view.ended ?? now);
  const place = (task: TaskExecution) => {
    const from = (Date.parse(task.started_at) - begin) / (end - begin);
    const to = ((task.ended_at ? Date.parse(task.ended_at) : end) - begin) / (end - begin);
    const left = Math.min(Math.max(from, 0), 0.995);
    return { left: `${left * 100}%`, width: `${Math.max(to - left, 0.005) * 100}%` };
  };
  return (
    <ol className="timeline" aria-label="Tasks of the run">
      {tasks.map((task) => (
        <li key={task.id}>
          <button
            type="button"
            aria-current={task.id === chosen || undefined}
            onClick={() => choose(task.id)}
          >
            <span className="timeline-name">{task.name}</span>
            <span className="timeline-bar">
              <span className={task.state} style={place(task)} />
            </span>
            <span className="timeline-time">{secondsOf(task, end)}</span>
            <span className="sr">{task.state}</span>
          </button>
        </li>
      ))}
    </ol>
  );
}

function secondsOf(task: TaskExecution, end: number): string {
  const took = (task.ended_at ? Date.parse(task.ended_at) : end) - Date.parse(task.started_at);
  return took < 1000 ? `${Math.max(took, 0).toFixed(0)} ms` : `${(took / 1000).toFixed(1)} s`;
}

function useNow(goesOn: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!goesOn) return;
    const timer = setInterval(() => setNow(Date.now()), TICK);
    return () => clearInterval(timer);
  }, [goesOn]);
  return now;
}
