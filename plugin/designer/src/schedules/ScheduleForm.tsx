import { type KeyboardEvent, useEffect, useState } from "react";
import type { Edit, WrittenInterval, WrittenSchedule } from "../api/types";
import { isWithin } from "../state/blocks";
import { useDocument } from "../state/document";
import { Told } from "../ui/Prose";

const UNITS = ["seconds", "minutes", "hours", "days"] as const;
type Unit = (typeof UNITS)[number];

const SECONDS: Record<Unit, number> = { seconds: 1, minutes: 60, hours: 3_600, days: 86_400 };

/** A duration by the largest unit of which it is a whole number. */
export function inUnits(seconds: number): { count: number; unit: Unit } {
  const unit = UNITS.findLast((one) => seconds > 0 && seconds % SECONDS[one] === 0) ?? "minutes";
  return { count: seconds / SECONDS[unit], unit };
}

type Key = "cron" | "every" | "after";

/** The `schedule` of the open definition, each of its keys a field that is written into the text. */
export function ScheduleForm({ written }: { written: WrittenSchedule }) {
  const write = (key: Key, value: string | { [unit: string]: number } | null) => {
    const alone = (["cron", "every", "after"] as const).every((one) => one === key || written[one] === null);
    const edit: Edit =
      value !== null
        ? { op: "set", pointer: `/schedule/${key}`, value }
        : { op: "remove", pointer: alone ? "/schedule" : `/schedule/${key}` };
    void useDocument.getState().edit([edit]);
  };
  return (
    <>
      <Row
        name="cron"
        label="By the clock (cron)"
        about="Minute, hour, day of the month, month, day of the week: 0 9 * * MON-FRI is 9:00 on workdays, */15 * * * * every quarter of an hour, @daily midnight."
      >
        <Cron value={written.cron} write={(value) => write("cron", value)} />
      </Row>
      <Row name="every" label="Every" about="From start to start, whether or not the run before has ended.">
        <Interval name="every" interval={written.every} write={(value) => write("every", value)} />
      </Row>
      <Row
        name="after"
        label="After each run"
        about="The first run begins at once, each further one this long after the end of the one before. It stands alone."
      >
        <Interval name="after" interval={written.after} write={(value) => write("after", value)} />
      </Row>
    </>
  );
}

/** What is wrong is where one begins. */
function useFocusOfFault(name: Key) {
  useEffect(() => {
    const faulty = useDocument.getState().findings.find((one) => one.pointer.startsWith("/schedule/"));
    if (faulty?.pointer.split("/")[2] === name) document.getElementById(`schedule-${name}`)?.focus();
  }, [name]);
}

/** A field of the form, with what the server finds at its key. */
function Row(props: { name: Key; label: string; about: string; children: React.ReactNode }) {
  const { name, label, about, children } = props;
  useFocusOfFault(name);
  const findings = useDocument((state) => state.findings);
  const pointer = `/schedule/${name}`;
  const own = findings.filter((one) => isWithin(one.pointer, pointer));
  return (
    <div className="panel-row field">
      <label htmlFor={`schedule-${name}`}>{label}</label>
      <div>
        {children}
        <div id={`schedule-${name}-told`}>
          {own.map((fault) => (
            <p className={`field-fault ${fault.severity}`} role="alert" key={fault.message}>
              <Told message={fault.message} hint={fault.hint} />
            </p>
          ))}
          <p className="muted">{about}</p>
        </div>
      </div>
    </div>
  );
}

/** What is done with a key in a field: Enter writes it, Escape takes it back, and closes nothing around it. */
const onKeys = (isClean: boolean, commit: () => void, back: () => void) => (event: KeyboardEvent) => {
  if (event.key === "Enter") commit();
  else if (event.key === "Escape" && !isClean) back();
  else return;
  event.preventDefault();
  event.stopPropagation();
};

function Cron({ value, write }: { value: string | null; write(value: string | null): void }) {
  const [draft, setDraft] = useState(value ?? "");
  useEffect(() => setDraft(value ?? ""), [value]);
  const given = draft.trim();
  const isClean = given === (value ?? "");
  const commit = () => !isClean && write(given || null);
  return (
    <input
      id="schedule-cron"
      className="field-input mono"
      autoComplete="off"
      spellCheck={false}
      placeholder="0 9 * * MON-FRI"
      aria-describedby="schedule-cron-told"
      value={draft}
      onChange={(event) => setDraft(event.target.value)}
      onBlur={commit}
      onKeyDown={onKeys(isClean, commit, () => setDraft(value ?? ""))}
    />
  );
}

interface IntervalProps {
  name: Key;
  interval: WrittenInterval | null;
  write(value: { [unit: string]: number } | null): void;
}

/** A number and its unit; empty where there is none. */
function Interval({ name, interval, write }: IntervalProps) {
  const seconds = interval?.seconds ?? null;
  const shown = seconds === null ? null : inUnits(seconds);
  const told = shown ? String(shown.count) : "";
  const [draft, setDraft] = useState(told);
  const [unit, setUnit] = useState<Unit>(shown?.unit ?? "minutes");
  useEffect(() => {
    setDraft(told);
    if (seconds !== null) setUnit(inUnits(seconds).unit);
  }, [told, seconds]);
  const given = draft.trim();
  const isNumber = /^[1-9]\d{0,8}$/.test(given);
  const isClean = given === told;
  const commit = () => {
    if (isClean) return;
    if (given === "") write(null);
    else if (isNumber) write({ [unit]: Number(given) });
  };
  return (
    <>
      <input
        id={`schedule-${name}`}
        className="field-input count"
        inputMode="numeric"
        autoComplete="off"
        placeholder="never"
        aria-invalid={given !== "" && !isNumber}
        aria-describedby={`schedule-${name}-told`}
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
        onBlur={commit}
        onKeyDown={onKeys(isClean, commit, () => setDraft(told))}
      />{" "}
      <select
        className="field-input unit"
        aria-label={`Unit of ${name}`}
        value={unit}
        onChange={(event) => {
          const chosen = event.target.value as Unit;
          setUnit(chosen);
          if (isNumber) write({ [chosen]: Number(given) });
        }}
      >
        {UNITS.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
      {interval && seconds === null && (
        <p className="muted">
          In the text stands <code>{interval.written}</code>; a number here takes its place.
        </p>
      )}
      {given !== "" && !isNumber && (
        <p className="field-fault error" role="alert">
          A whole number is needed here: nothing was changed.
        </p>
      )}
    </>
  );
}
