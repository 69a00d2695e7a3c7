import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useMemo, useRef, useState } from "react";
import { Problem } from "../api/client";
import {
  changeSchedule,
  createSchedule,
  deleteSchedule,
  listSchedules,
  readSchedule,
} from "../api/endpoints";
import type { InputForm, ScheduleSummary } from "../api/types";
import { useLayout } from "../app/layout";
import { Panel } from "../app/Panel";
import { useInputForm } from "../runs/AddInput";
import { faultsOf, InputFields, settled, useGivenInput } from "../runs/InputFields";
import { useRun } from "../runs/run";
import { isUnsaved, useDocument } from "../state/document";
import { sampleOf } from "../testrequest/data";
import { JsonTree } from "../testrequest/JsonTree";
import { Refused } from "../ui/Prose";
import { toldStart } from "../ui/time";
import { ScheduleForm } from "./ScheduleForm";
import "../ui/panel.css";

const KEY = ["schedules"];
const SHOWN = 3; // times of each
const FEW_FIELDS = 8;
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
      {path !== null && <OwnSchedule key={path} path={path} created={data ?? []} />}
      <h3 className="panel-title">On the Temporal server</h3>
      {error && <Refused error={error} />}
      {isPending && <p className="panel-foot">Loading …</p>}
      {data?.length === 0 && (
        <p className="panel-foot">There is no schedule yet. One that is created is listed here.</p>
      )}
      <ul className="panel-list">
        {data?.map((one) => (
          <Schedule key={one.id} schedule={one} />
        ))}
      </ul>
    </Panel>
  );
}

const OVERLAPS = {
  skip: "leave it out",
  "buffer-one": "let it wait, and leave further ones out",
  "buffer-all": "let it wait, and further ones too",
  "cancel-other": "cancel the run, and begin then",
  "terminate-other": "terminate the run, and begin then",
  "allow-all": "begin beside it",
};

/** The `schedule` of the open definition: written by a form, and told to Temporal by a button. */
function OwnSchedule({ path, created }: { path: string; created: ScheduleSummary[] }) {
  const text = useDocument((state) => state.checked);
  const runnable = useDocument((state) => state.runnable);
  const form = useInputForm();
  const written = useQuery({
    queryKey: ["written schedule", path, text],
    queryFn: () => readSchedule(path, text),
    placeholderData: (before) => before,
    retry: false,
    gcTime: 0,
  });
  return (
    <section className="panel-new" aria-label={`Schedule of ${path}`}>
      <h3>{path}</h3>
      {written.isPending && <p>Looking for what it says of a schedule …</p>}
      {written.data && (
        <>
          <p className="muted">
            {written.data.is_there
              ? "Its schedule, as the text has it:"
              : "It has no schedule yet. Write here when runs of it are to begin by themselves; Enter puts it into the text."}
          </p>
          <ScheduleForm key={path} written={written.data} />
        </>
      )}
      {written.error && <Refused error={written.error} />}
      {written.data?.is_there &&
        (runnable ? (
          form.data && (
            <NewSchedule
              {...{ path, text, created }}
              form={form.data}
              isAfter={written.data.after !== null}
            />
          )
        ) : (
          <p className="muted">
            The definition has errors: correct them, and its next starts are told here, with a button that
            creates the schedule.
          </p>
        ))}
    </section>
  );
}

interface NewProps {
  path: string;
  text: string;
  created: ScheduleSummary[];
  form: InputForm;
  /** Whether it goes by the ends of runs, of which no start meets one. */
  isAfter: boolean;
}

/** What the schedule of the open definition would do, and a button that creates it. */
function NewSchedule({ path, text, created, form, isAfter }: NewProps) {
  const client = useQueryClient();
  const unsaved = useDocument(isUnsaved);
  const [zone, setZone] = useState("UTC");
  const [overlap, setOverlap] = useState("");
  const given = useGivenInput(path, form);
  const [isKnown] = useState(() => sampleOf(path).input !== undefined);
  const whole = useRef<HTMLFormElement>(null);
  const asked = { path, text, zone, overlap: isAfter ? null : overlap || null };
  const plan = useQuery({
    queryKey: ["schedule plan", asked],
    queryFn: () => createSchedule({ ...asked, dry: true }),
    placeholderData: (before) => before,
    retry: false,
    gcTime: 0,
  });
  const create = useMutation({
    mutationFn: () => createSchedule({ ...asked, dry: false, input: given.now() }),
    onSuccess: () => client.invalidateQueries({ queryKey: KEY }),
  });
  const fault = create.error ?? plan.error;
  const faults = useMemo(
    () => faultsOf(create.error instanceof Problem ? create.error : null),
    [create.error],
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (settled(whole.current)) create.mutate();
  };
  const isThere = created.some((one) => one.id === plan.data?.id);
  if (isThere && !create.data)
    return (
      <p className="muted">
        The schedule {plan.data?.id} is there already: below stand its next starts and its input. To change
        it, delete it there and create it anew.
      </p>
    );
  return (
    <form ref={whole} onSubmit={submit}>
      {plan.isFetching && !plan.data && <p>Looking for its next starts …</p>}
      {plan.data && (
        <>
          <p>
            Starts {plan.data.definition}: <b>{plan.data.when}</b>
          </p>
          <h4>Next starts, by the clock of this machine ({ZONE})</h4>
          <ul>
            {plan.data.next.slice(0, SHOWN).map((time) => (
              <li key={time}>{toldStart(time)}</li>
            ))}
          </ul>
          {plan.data.policies.map((policy) => (
            <p key={policy} className="muted">
              {policy}
            </p>
          ))}
        </>
      )}
      <div className="panel-fields">
        <label>
          Time zone of a cron{" "}
          <input
            className="field-input"
            list="zones"
            value={zone}
            onChange={(event) => setZone(event.target.value)}
          />
          <datalist id="zones">
            {[...new Set(["UTC", ZONE])].map((one) => (
              <option key={one} value={one} />
            ))}
          </datalist>
        </label>
        {!isAfter && (
          <label>
            When the run before is still going{" "}
            <select
              className="field-input"
              value={overlap || plan.data?.overlap}
              onChange={(event) => setOverlap(event.target.value)}
            >
              {Object.entries(OVERLAPS).map(([name, words]) => (
                <option key={name} value={name}>
                  {words}
                </option>
              ))}
            </select>
          </label>
        )}
      </div>
      <h4>
        Input of each run
        {isKnown && <small> (as it was given last; change it as you like)</small>}
      </h4>
      <InputFields given={given} faults={faults} />
      <div className="panel-buttons">
        <button
          type="submit"
          className="button primary"
          disabled={unsaved || isThere || !plan.data || create.isPending}
        >
          {create.isPending ? "Creating …" : "Create schedule"}
        </button>
        {unsaved && (
          <>
            <button type="button" className="button" onClick={() => void useDocument.getState().save()}>
              Save the definition
            </button>
            <span className="muted">The file is what runs: save it first.</span>
          </>
        )}
      </div>
      {fault && faults.length === 0 && <Refused error={fault} />}
      {faults.length > 0 && (
        <p className="field-fault error" role="alert">
          Not created: the input does not fit.
        </p>
      )}
      <p role="status">{create.data && isThere && `Created ${create.data.id}. ${create.data.note ?? ""}`}</p>
    </form>
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
  const look = (run: string, words: string) => (
    <button
      type="button"
      className="button small plain"
      onClick={() => {
        useLayout.getState().openPanel(null);
        void useRun.getState().watch(run);
      }}
    >
      {words}
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
      <p>{when}</p>
      {paused ? (
        <p className="muted">Paused: it starts nothing until it is resumed.</p>
      ) : (
        next.length > 0 && (
          <p>
            next:{" "}
            {next
              .slice(0, SHOWN)
              .map((time) => toldStart(time))
              .join(" · ")}{" "}
            <span className="muted">({ZONE})</span>
          </p>
        )
      )}
      {schedule.input !== undefined && schedule.input !== null && (
        <details open={Object.keys(schedule.input).length <= FEW_FIELDS}>
          <summary>Input of each run</summary>
          <JsonTree value={schedule.input} base={null} label={`Input of ${id}`} />
        </details>
      )}
      {last && (
        <p>
          last run: {toldStart(last.started_at)}, {last.state ?? "not known any more"}{" "}
          {look(last.id, last.id)}
        </p>
      )}
      {change.error && <Refused error={change.error} />}
      <p role="status">{change.data?.run && <>Started a run. {look(change.data.run, "Show it")}</>}</p>
    </li>
  );
}
