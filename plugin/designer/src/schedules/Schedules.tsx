import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { changeSchedule, createSchedule, deleteSchedule, listSchedules } from "../api/endpoints";
import type { Json, ScheduleSummary } from "../api/types";
import { Panel } from "../app/Panel";
import { isUnsaved, useDocument } from "../state/document";
import { useSample } from "../testrequest/data";
import { Refused } from "../ui/Prose";
import { toldTime } from "../ui/time";
import "../ui/panel.css";

const KEY = ["schedules"];
const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Runs that Temporal starts by itself: what the open definition says of that, and those that there are. */
export default function Schedules() {
  const path = useDocument((state) => state.path);
  const { data, error, isPending } = useQuery({
    queryKey: KEY,
    queryFn: listSchedules,
    refetchInterval: 3_000,
  });
  return (
    <Panel title="Schedules" className="panel">
      {path !== null && <NewSchedule key={path} path={path} created={data ?? []} />}
      {error && <Refused error={error} />}
      {isPending && <p className="panel-foot">Loading …</p>}
      {data?.length === 0 && <p className="panel-foot">There is no schedule yet.</p>}
      <ul className="panel-list">
        {data?.map((one) => (
          <Schedule key={one.id} schedule={one} />
        ))}
      </ul>
    </Panel>
  );
}

/** What the schedule of the open definition would do, and a button that creates it. */
function NewSchedule({ path, created }: { path: string; created: ScheduleSummary[] }) {
  const client = useQueryClient();
  const text = useDocument((state) => state.checked);
  const unsaved = useDocument(isUnsaved);
  const [zone, setZone] = useState("UTC");
  const known = useSample(path).input;
  const [input, setInput] = useState(() => JSON.stringify(known ?? {}));
  const plan = useQuery({
    queryKey: ["schedule plan", path, text, zone],
    queryFn: () => createSchedule({ path, text, zone, dry: true }),
    retry: false,
    gcTime: 0,
  });
  const create = useMutation({
    mutationFn: () => createSchedule({ path, text, zone, dry: false, input: JSON.parse(input) as Json }),
    onSuccess: () => client.invalidateQueries({ queryKey: KEY }),
  });
  const fault = create.error ?? plan.error;
  const isThere = created.some((one) => one.id === plan.data?.id);
  return (
    <section className="panel-new" aria-label={`Schedule of ${path}`}>
      <h3>{path}</h3>
      {plan.isFetching && !plan.data && <p>Looking for what it says of a schedule …</p>}
      {plan.data && (
        <>
          <p>
            Starts {plan.data.definition}: <b>{plan.data.when}</b>
          </p>
          <h4>Next starts, by the clock of this machine ({ZONE})</h4>
          <ul>
            {plan.data.next.map((time) => (
              <li key={time}>{toldTime(time)}</li>
            ))}
          </ul>
          {plan.data.policies.map((policy) => (
            <p key={policy} className="muted">
              {policy}
            </p>
          ))}
          <div className="panel-fields">
            <label>
              Time zone of a cron{" "}
              <input className="field-input" value={zone} onChange={(event) => setZone(event.target.value)} />
            </label>
            <label>
              Input of each run, as JSON{" "}
              <input
                className="field-input mono"
                value={input}
                onChange={(event) => setInput(event.target.value)}
              />
            </label>
            <button
              type="button"
              className="button primary"
              disabled={unsaved || isThere || create.isPending}
              onClick={() => create.mutate()}
            >
              {create.isPending ? "Creating …" : "Create schedule"}
            </button>
          </div>
          {unsaved && <p className="muted">Save the definition first: the file is what runs.</p>}
          {isThere && !create.data && (
            <p className="muted">There is one of this name already: delete it to create it anew.</p>
          )}
        </>
      )}
      {fault && <Refused error={fault} />}
      <p role="status">{create.data && isThere && `Created ${create.data.id}. ${create.data.note ?? ""}`}</p>
    </section>
  );
}

function Schedule({ schedule }: { schedule: ScheduleSummary }) {
  const { id, definition, when, paused, next, last } = schedule;
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: (what: "pause" | "resume" | "trigger" | "delete") =>
      what === "delete" ? deleteSchedule(id) : changeSchedule(id, what),
    onSuccess: () => client.invalidateQueries({ queryKey: KEY }),
  });
  const act = (what: "pause" | "resume" | "trigger" | "delete", label: string) => (
    <button
      type="button"
      className="button small"
      aria-label={`${label} ${id}`}
      disabled={change.isPending}
      onClick={() =>
        (what !== "delete" ||
          window.confirm(`Delete the schedule ${id}? A run that goes on is left alone.`)) &&
        change.mutate(what)
      }
    >
      {label}
    </button>
  );
  return (
    <li>
      <header>
        <b>{id}</b>
        <span className={`badge ${paused ? "warning" : "completed"}`}>{paused ? "paused" : "active"}</span>
        <span className="muted">{definition}</span>
        <span className="grow" />
        {act("trigger", "Start now")}
        {paused ? act("resume", "Resume") : act("pause", "Pause")}
        {act("delete", "Delete")}
      </header>
      <p>
        {when}
        {next[0] && !paused && <>; next {toldTime(next[0])}</>}
        {last && (
          <>
            ; last run {last.id} {last.state ?? "unknown"}
          </>
        )}
      </p>
      {change.error && <Refused error={change.error} />}
      <p role="status">{change.data?.run && `Started ${change.data.run}.`}</p>
    </li>
  );
}
