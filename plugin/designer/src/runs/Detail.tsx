import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { getRun, readRecorded } from "../api/endpoints";
import type { Answers, CallRecord, Json, Recorded, RunRecord, TaskExecution, TaskRecord } from "../api/types";
import { useLayout } from "../app/layout";
import { UsageNotTold } from "../request/chat";
import { isObject } from "../request/schema";
import { useTaskForm } from "../request/TaskPane";
import { blockAt, partOf, wholeAround } from "../state/blocks";
import { useDocument } from "../state/document";
import { JsonTree } from "../testrequest/JsonTree";
import { Prose } from "../ui/Prose";
import { isOf, isOver, isSimulated, type RunView, useRun } from "./run";
import { around, toldOf, useRunStates } from "./states";
import { roundOf } from "./Timeline";

/** The run's record, or of one that goes on what there is of it: read once for each thing that is looked at. */
export function useSoFar(view: RunView, task: TaskRecord | null): RunRecord | null {
  const { data } = useQuery({
    queryKey: ["run so far", view.id, task?.id ?? null, task?.state ?? null],
    queryFn: () => getRun(view.id),
    enabled: view.record === null && (task === null || Boolean(task.ended_at)),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    retry: false,
  });
  return view.record ?? data ?? null;
}

const LOOK_EVERY = 2_000;

/** What is kept of the answers of a run; null where they are not kept. */
export function useRecorded(view: RunView | null): Recorded | null {
  const { data } = useQuery({
    queryKey: ["recorded", view?.id, isOver(view)],
    queryFn: () => readRecorded(view?.id ?? ""),
    enabled: view !== null && !isSimulated(view),
    staleTime: Number.POSITIVE_INFINITY,
    refetchInterval: ({ state }) => (state.data && !isOver(view) ? LOOK_EVERY : false),
    placeholderData: (before, query) => (query?.queryKey[1] === view?.id ? before : undefined),
  });
  return data ?? null;
}

/** What a run was given, and what came of it. */
export function RunDetail({ view, record }: { view: RunView; record: RunRecord | null }) {
  const earlier = record?.rerun_of ?? view.status?.rerun_of;
  return (
    <>
      {earlier && (
        <p>
          Continues{" "}
          <button type="button" className="link" onClick={() => void useRun.getState().watch(earlier.run)}>
            {earlier.run}
          </button>
          {earlier.reused.length > 0 && `: ${earlier.reused.join(", ")} ran there, and did not run again.`}
        </p>
      )}
      {record?.failure && (
        <p className="block-fault">
          <Prose text={record.failure.message} />
        </p>
      )}
      {record && isOver(view) && record.output !== undefined && record.output !== null && (
        <>
          <h3>Result</h3>
          <JsonTree value={record.output} base={null} label="Result" />
        </>
      )}
      <h3>Input</h3>
      {record === null ? (
        <p className="muted">Reading it …</p>
      ) : record.input === undefined || record.input === null ? (
        <p className="muted">It was given none.</p>
      ) : (
        <JsonTree value={record.input} base={null} label="Input" />
      )}
      {view.tasks.length > 0 && <p className="muted">Choose a task to see what it sent and got.</p>}
    </>
  );
}

/** What became of one execution of a task: what it sent, what it got, what it gave. */
export function TaskDetail({ task, view }: { task: TaskRecord; view: RunView }) {
  const block = useDocument((state) =>
    isOf(view, state.definition) ? blockAt(state.blocks, task.pointer) : undefined,
  );
  const blocks = useDocument((state) => state.blocks);
  const whole = useMemo(() => wholeAround(blocks, task.pointer), [blocks, task.pointer]);
  const from = whole && whole.pointer !== task.pointer ? whole.name : "here";
  const recorded = useRecorded(view);
  const answers: Answers = isSimulated(view) ? "kept" : recorded ? "recorded" : "servers";
  const told = toldOf(task, Date.now());
  return (
    <div className="task-detail">
      <p>
        <b>{task.name}</b> <span className={`badge ${task.state}`}>{task.state}</span>{" "}
        <span className="muted">{task.summary ?? casesTold(task.case)}</span>
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
        {block && task.state === "faulted" && <Mend task={task} />}{" "}
        {isOver(view) && block && (
          <button
            type="button"
            className="button small"
            title={from === "here" ? undefined : `What stands in ${from} runs with it alone`}
            onClick={() => void useRun.getState().rerun(whole?.pointer ?? task.pointer, answers)}
          >
            {task.state === "faulted" ? "Continue from" : "Run again from"} {from}
          </button>
        )}
      </p>
      {block && task.state === "completed" && task.calls?.some(isUntold) && <UsageNotTold block={block} />}
      {task.loops && Object.keys(task.loops).length > 0 && (
        <dl className="loops">
          {Object.entries(task.loops).map(([name, value]) => (
            <div key={name}>
              <dt>${name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
      {task.kind === "call.map" && <FailedItems map={task} tasks={view.tasks} />}
      {task.calls?.map((call) => (
        <CallDetail key={call.id} call={call} told={told} />
      ))}
      {task.output !== undefined && task.output !== null && (
        <details open>
          <summary>Output</summary>
          <JsonTree value={task.output} base={null} label="Output" />
        </details>
      )}
    </div>
  );
}

const FEW_ITEMS = 50;

/** Of a map the items that failed, each with its error: in the list of results they are apart. */
function FailedItems({ map, tasks }: { map: TaskRecord; tasks: TaskRecord[] }) {
  const failed = useMemo(() => failedItems(map, tasks), [map, tasks]);
  if (!failed.length) return null;
  return (
    <details open>
      <summary>
        {failed.length} {failed.length === 1 ? "item" : "items"} failed
      </summary>
      <table className="failed-items">
        <thead>
          <tr>
            <th>Item</th>
            <th>Error</th>
          </tr>
        </thead>
        <tbody>
          {failed.slice(0, FEW_ITEMS).map((task) => (
            <tr key={task.id}>
              <td>
                <button
                  type="button"
                  className="link"
                  title="What became of it"
                  onClick={() => useRunStates.getState().look(task.id)}
                >
                  {roundOf(task, new Map()) || task.id}
                </button>
              </td>
              <td>
                <Prose text={toldOf(task, 0) ?? "it failed"} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {failed.length > FEW_ITEMS && (
        <p className="muted">and {failed.length - FEW_ITEMS} more, which the timeline has</p>
      )}
    </details>
  );
}

/** Of each item of a map that failed, the task at which it did: nothing in the item has caught that. */
export function failedItems(map: TaskExecution, tasks: TaskRecord[]): TaskRecord[] {
  return tasks.filter(({ id, state }) => state === "faulted" && around(around(id)) === map.id);
}

const casesTold = (name: string | null | undefined) =>
  name ? `case ${name}` : name === "" ? "no case held" : null;

/** Leads to what is to be corrected: the field that the fault names, or else the first of a body that was refused. */
function Mend({ task }: { task: TaskRecord }) {
  const written = useTaskForm(task.pointer).data?.task;
  const named = placeOfFault(task, written);
  const isRefused = /^(400|422)\b/.test(task.detail ?? "") && isObject(bodyOf(written));
  const first = isRefused ? `${task.pointer}/with/body` : undefined;
  return (
    <button
      type="button"
      className="button small primary"
      title="Correct it there, then continue from here"
      onClick={() => {
        useDocument.getState().select(task.pointer);
        useLayout.getState().enterForm(named ?? first);
      }}
    >
      Mend {named?.split("/").at(-1) ?? "its fields"}
    </button>
  );
}

const sentBy = (written: Json | undefined) =>
  isObject(written) && isObject(written.with) ? written.with : {};
const bodyOf = (written: Json | undefined) => sentBy(written).body;

/**
 * The place in the task that a fault names, as in `/do/1/two/set/shout: explode input must be a string`; of an answer the one
 * field of the body or the query that it names, as in `422 from shop: book: there is no such book`.
 */
export function placeOfFault(task: TaskRecord, written?: Json): string | null {
  const told = task.detail ?? "";
  const named = /^(\/[^\s:]+): /.exec(told)?.[1];
  if (named?.startsWith(`${task.pointer}/`)) return named;
  const { body, query } = sentBy(written);
  const places = [
    ...placesIn(body, `${task.pointer}/with/body`),
    ...placesIn(query, `${task.pointer}/with/query`),
  ].filter(({ name }) => isNamed(name, told));
  return places.length === 1 && places[0] ? places[0].pointer : null;
}

const placesIn = (value: Json | undefined, at: string): { name: string; pointer: string }[] =>
  isObject(value)
    ? Object.entries(value).flatMap(([name, part]) => {
        const pointer = partOf(at, name);
        return [{ name, pointer }, ...placesIn(part, pointer)];
      })
    : [];

/** Whether a message is of a field, and has not just a word in it that is its name, too. */
const isNamed = (name: string, message: string) =>
  new RegExp(
    `(?<![\\w-])${name.replace(/\W/g, "\\$&")}(?:[:"'\`\\])]|\\s+(?:is|must|should|has|can|cannot)\\b)`,
  ).test(message);

const isUntold = ({ tokens, response }: CallRecord) =>
  (tokens ?? null) === null && (response ?? null) !== null;

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
        <details open>
          <summary>Request{call.attempts > 1 ? `, ${call.attempts} attempts` : ""}</summary>
          <JsonTree value={call.request} base={null} label="Request" />
        </details>
      )}
      {call.response !== undefined && call.response !== null && (
        <details open>
          <summary>Answer</summary>
          <JsonTree value={call.response} base={null} label="Answer" />
        </details>
      )}
    </>
  );
}
