import * as api from "../api/endpoints";
import type { Edit, JsonObject, PreparedTask } from "../api/types";
import { useLayout } from "../app/layout";
import { flattened, pointerAt } from "../state/blocks";
import { problemOf, useDocument } from "../state/document";
import type { Place } from "./adding";

/** Puts a task into the definition, its secrets declared and its connection written, and shows its form. */
export async function addTask(place: Place, prepared: PreparedTask): Promise<boolean> {
  if (Object.keys(prepared.configuration).length) {
    try {
      await api.addConnections(prepared.configuration);
    } catch (error) {
      useDocument.setState({ problem: problemOf(error) });
      return false;
    }
  }
  const declares: Edit[] = prepared.declared_secrets.length
    ? [{ op: "secrets", names: prepared.declared_secrets }]
    : [];
  return insert(place, prepared.name, prepared.task, declares);
}

/** Puts a task into the definition under a name that no other has, and shows its form. */
export async function insert(
  place: Place,
  wanted: string,
  task: JsonObject,
  more: Edit[] = [],
): Promise<boolean> {
  const { blocks, edit, select } = useDocument.getState();
  const name = freeName(
    wanted,
    flattened(blocks).map((block) => block.name),
  );
  const done = await edit([{ op: "insert", ...place, name, task }, ...more]);
  if (!done) return false;
  select(pointerAt(place.list, place.index, name));
  useLayout.getState().enterForm("call" in task ? TO_FILL_IN : undefined);
  return true;
}

/** What of a request is looked at first; where nothing is to be filled in, it can be tried at once. */
const TO_FILL_IN = ".to-fill-in:not(.composite) :is(input, textarea)";

export function freeName(wanted: string, taken: string[]): string {
  let name = wanted;
  for (let number = 2; taken.includes(name); number++) name = `${wanted}${number}`;
  return name;
}

/** A kind of task that needs no API, as it begins. */
export interface PlainTask {
  kind: string;
  name: string;
  about: string;
  task: JsonObject;
}

export const PLAIN: PlainTask[] = [
  {
    kind: "call.httpRequest",
    name: "request",
    about: "HTTP: blank request",
    task: { call: "httpRequest", with: { method: "get", endpoint: "https://example.com" } },
  },
  {
    kind: "call.chatCompletion",
    name: "ask",
    about: "Chat completion: ask a model",
    task: {
      call: "chatCompletion",
      with: { model: "gpt-4.1-mini", messages: [{ role: "user", content: "Say hello." }] },
    },
  },
  { kind: "set", name: "set", about: "Set: put data together", task: { set: { value: "${ . }" } } },
  {
    kind: "switch",
    name: "decide",
    about: "Switch: choose the next task by a condition",
    task: { switch: [{ yes: { when: "${ . != null }", then: "continue" } }, { otherwise: { then: "end" } }] },
  },
  {
    kind: "for",
    name: "each",
    about: "For: the same for each item of a list",
    task: { for: { each: "item", in: "${ .items }" }, do: [{ one: { set: { item: "${ $item }" } } }] },
  },
  {
    kind: "fork",
    name: "both",
    about: "Fork: tasks at the same time",
    task: {
      fork: { branches: [{ left: { set: { side: "left" } } }, { right: { set: { side: "right" } } }] },
    },
  },
  {
    kind: "try",
    name: "attempt",
    about: "Try: go on after an error",
    task: { try: [{ risky: { set: { value: 1 } } }], catch: { do: [{ recover: { set: { value: 0 } } }] } },
  },
  {
    kind: "listen",
    name: "answer",
    about: "Listen: wait for an event, such as an approval",
    task: { listen: { to: { one: { with: { type: "com.example.approval" } } } } },
  },
  {
    kind: "do",
    name: "steps",
    about: "Do: several tasks, one after the other",
    task: { do: [{ first: { set: { value: 1 } } }] },
  },
  {
    kind: "emit",
    name: "tell",
    about: "Emit: publish an event",
    task: { emit: { event: { with: { source: "https://example.com", type: "com.example.done" } } } },
  },
  {
    kind: "raise",
    name: "refuse",
    about: "Raise: end with an error",
    task: { raise: { error: { type: "https://example.com/refused", status: 400, title: "Refused" } } },
  },
  { kind: "wait", name: "pause", about: "Wait: let some time pass", task: { wait: { seconds: 30 } } },
];
