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
  useLayout.getState().showPane("task");
  return true;
}

export function freeName(wanted: string, taken: string[]): string {
  let name = wanted;
  for (let number = 2; taken.includes(name); number++) name = `${wanted}${number}`;
  return name;
}

/** Kinds of tasks that need no API. */
export const PLAIN: { kind: string; name: string; about: string; task: JsonObject }[] = [
  {
    kind: "call.httpRequest",
    name: "request",
    about: "HTTP: blank request",
    task: { call: "httpRequest", with: { method: "get", endpoint: "https://example.com" } },
  },
  {
    kind: "call.chatCompletion",
    name: "ask",
    about: "Chat completion",
    task: {
      call: "chatCompletion",
      with: { model: "gpt-4.1-mini", messages: [{ role: "user", content: "Say hello." }] },
    },
  },
  { kind: "set", name: "set", about: "Set: put data together", task: { set: { value: "${ . }" } } },
  {
    kind: "switch",
    name: "decide",
    about: "Switch: go on by a condition",
    task: { switch: [{ yes: { when: "${ . != null }", then: "continue" } }, { otherwise: { then: "end" } }] },
  },
  {
    kind: "for",
    name: "each",
    about: "For: once for each item",
    task: { for: { each: "item", in: "${ .items }" }, do: [{ one: { set: { item: "${ $item }" } } }] },
  },
  {
    kind: "fork",
    name: "both",
    about: "Fork: at the same time",
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
    about: "Listen: wait for an event, as an approval",
    task: { listen: { to: { one: { with: { type: "com.example.approval" } } } } },
  },
  { kind: "wait", name: "pause", about: "Wait: a while", task: { wait: { seconds: 30 } } },
];
