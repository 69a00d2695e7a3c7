import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { getRun, listAwaitedEvents } from "../api/endpoints";
import type { AwaitedEvent, Json, TaskExecution, TaskRecord } from "../api/types";
import { isObject, type Schema } from "../request/schema";
import { useTaskForm } from "../request/TaskPane";
import { blockAt } from "../state/blocks";
import { useDocument } from "../state/document";
import { JsonTree } from "../testrequest/JsonTree";
import { EventData } from "./EventData";
import { AGAIN_AFTER, useRun } from "./run";
import { around } from "./states";
import { roundOf } from "./Timeline";

/** The first type of event in what a `listen` waits for. */
export function awaitedType(value: Json | undefined): string | null {
  if (Array.isArray(value)) return value.map(awaitedType).find((one) => one !== null) ?? null;
  if (!isObject(value)) return null;
  if (isObject(value.with) && typeof value.with.type === "string") return value.with.type;
  return (
    Object.values(value)
      .map(awaitedType)
      .find((one) => one !== null) ?? null
  );
}

/** What a task waits for, with what its expressions came to, once the run has told that. */
function useAwaited(run: string, task: string): AwaitedEvent | undefined {
  const { data } = useQuery({
    queryKey: ["awaited", run],
    queryFn: () => listAwaitedEvents(run),
    select: (all) => all.find((one) => one.task === task),
    refetchInterval: ({ state }) => (state.data?.some((one) => one.task === task) ? false : AGAIN_AFTER),
    gcTime: 0,
  });
  return data;
}

const ATTRIBUTES = ["type", "subject", "source"] as const;
type Attributes = Partial<Record<(typeof ATTRIBUTES)[number], string>>;

interface Props {
  run: string;
  task: TaskExecution;
  /** Ids of all that wait: for them together the run is read once. */
  among: string;
}

/** Gives a run the event that it waits for, as an approval. */
export function Emit({ run, task, among }: Props) {
  const form = useTaskForm(task.pointer);
  const awaited = useAwaited(run, task.id);
  const [given, setGiven] = useState<Attributes>({});
  const [value, setValue] = useState<Json | undefined>();
  const [text, setText] = useState<string | null>(null);
  const schema = useIsOpen(task) ? (form.data?.event_schema ?? null) : null;
  const asJson = text !== null || schema === null;
  const [fault, setFault] = useState<string | null>(null);
  const known = { ...awaited, type: awaited?.type ?? awaitedType(form.data?.task) };
  const attribute = (name: (typeof ATTRIBUTES)[number]) => given[name] ?? known[name] ?? "";
  const send = async (event: FormEvent) => {
    event.preventDefault();
    const read = asJson ? parsed(text ?? "") : { data: value };
    if (!read) return setFault('The data is no JSON: write it as { "decision": "approve" }.');
    if (!asJson && value === undefined)
      return setFault("Choose or write a value first: as JSON, an event without data can be sent.");
    const [type, subject, source] = ATTRIBUTES.map(attribute);
    const tasks = await useRun.getState().emit({
      type: type ?? "",
      subject: subject || null,
      source: source || null,
      task: task.id,
      data: read.data ?? null,
    });
    setFault(tasks?.length === 0 ? "The task does not wait for an event like this: the run keeps it." : null);
  };
  const isAsked = schema === null || !known.type;
  const change = () => {
    setFault(null);
    if (!asJson) return setText(value === undefined ? "" : JSON.stringify(value));
    const read = parsed(text ?? "");
    if (!read) return setFault("The data is no JSON, of which fields could be made.");
    setValue(read.data);
    setText(null);
  };
  return (
    <form className="emit" data-task={task.id} onSubmit={(event) => void send(event)}>
      <h3>
        {task.name} waits for an event{" "}
        {task.id !== task.name && <small className="mono muted">{task.id}</small>}
      </h3>
      <ComeBefore {...{ run, task, among }} />
      {asJson ? (
        <label>
          Data, as JSON; none where it is left empty
          <textarea
            className="field-input mono"
            rows={2}
            placeholder='as { "decision": "approve" }'
            value={text ?? ""}
            onChange={(event) => setText(event.target.value)}
          />
        </label>
      ) : (
        <EventData schema={schema as Schema} value={value} change={setValue} />
      )}
      <details className="more" open={isAsked}>
        <summary>
          Event <code>{[attribute("type"), attribute("subject")].filter(Boolean).join(" · ")}</code>
        </summary>
        {ATTRIBUTES.filter((name) => name !== "source" || known.source).map((name) => (
          <label key={name}>
            {LABELS[name]}
            <input
              className="field-input mono"
              required={name === "type"}
              value={attribute(name)}
              onChange={(event) => setGiven({ ...given, [name]: event.target.value })}
            />
          </label>
        ))}
      </details>
      {fault && (
        <p className="field-fault error" role="alert">
          {fault}
        </p>
      )}
      <p className="emit-ends">
        <button type="submit" className="button small primary">
          Send event
        </button>
        {schema && (
          <button type="button" className="button plain small" onClick={change}>
            {asJson ? "Data as fields" : "Data as JSON"}
          </button>
        )}
      </p>
    </form>
  );
}

/** JSON that is written there, and null where it is none. */
function parsed(text: string): { data: Json | undefined } | null {
  try {
    return { data: text.trim() ? (JSON.parse(text) as Json) : undefined };
  } catch {
    return null;
  }
}

/** Whether a task is one of the definition that is open, whose text tells what is read of its events. */
const useIsOpen = (task: TaskExecution) =>
  useDocument((state) => blockAt(state.blocks, task.pointer)?.name === task.name);

const LABELS = { type: "Type", subject: "Subject", source: "Source" };

const SHOWN = 2;

/** What an approval is about: the item of the loop, and what the tasks before it gave, of its own round. */
function ComeBefore({ run, task, among }: Props) {
  const { data } = useQuery({
    queryKey: ["run so far", run, among],
    queryFn: () => getRun(run),
    placeholderData: (before) => before,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    retry: false,
  });
  const tasks = data?.tasks ?? [];
  const isBefore = ({ id, output }: TaskRecord) =>
    around(id) === around(task.id) && output !== undefined && output !== null;
  const self = tasks.find((one) => one.id === task.id);
  return (
    <>
      {self && Object.keys(self.loops ?? {}).length > 0 && (
        <p className="muted">{roundOf(self, new Map())}</p>
      )}
      {tasks
        .filter(isBefore)
        .slice(-SHOWN)
        .map((one) => (
          <section key={one.id} aria-label={`What ${one.name} gave`}>
            <h4>{one.name}</h4>
            <JsonTree value={one.output ?? null} base={null} label={one.name} />
          </section>
        ))}
    </>
  );
}
