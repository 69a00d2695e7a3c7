import type { JsonObject } from "../api/types";

/** A kind of task that needs no API, as it begins. */
export interface PlainTask {
  kind: string;
  name: string;
  about: string;
  /** Other words that people search it by, or their beginnings. */
  words: string;
  task: JsonObject;
}

/** The list of a loop, until it is told; the server knows by it that it is still to be filled in. */
const YOUR_LIST = "${ .your_list }";

export const PLAIN: PlainTask[] = [
  {
    kind: "call.httpRequest",
    name: "request",
    about: "HTTP: blank request",
    words:
      "url endpoint call get post put patch delete webhook rest api web service send email mail sms slack notify upload download fetch",
    task: { call: "httpRequest", with: { method: "get", endpoint: "https://example.com" } },
  },
  {
    kind: "call.chatCompletion",
    name: "ask",
    about: "Chat completion: ask a model",
    words:
      "llm gpt claude gemini prompt ai message answer question classif categor summar translat extract rewrit write generat sentiment text",
    task: {
      call: "chatCompletion",
      with: { model: "gpt-4.1-mini", messages: [{ role: "user", content: "Say hello." }] },
    },
  },
  {
    kind: "set",
    name: "set",
    about: "Set: put data together",
    words: "variable variables assign value transform convert compute calculate",
    task: { set: { value: "${ . }" } },
  },
  {
    kind: "switch",
    name: "decide",
    about: "Switch: choose the next task by a condition",
    words: "if else when case branch decide check compare route",
    task: { switch: [{ yes: { when: "${ . != null }", then: "continue" } }, { otherwise: { then: "end" } }] },
  },
  {
    kind: "for",
    name: "each",
    about: "For: the same for each item of a list, one after the other; gives the last result",
    words: "loop repeat iterate foreach over every element elements row rows while until",
    task: { for: { each: "item", in: YOUR_LIST }, do: [{ one: { set: { item: "${ $item }" } } }] },
  },
  {
    kind: "call.map",
    name: "map",
    about: "Map: the same for each item of a list, several at once; gives the list of their results",
    words: "loop foreach iterate every element elements row rows batch collect concurrency",
    task: {
      call: "map",
      with: { in: YOUR_LIST, each: "item", concurrency: 4, do: [{ one: { set: { item: "${ $item }" } } }] },
    },
  },
  {
    kind: "fork",
    name: "both",
    about: "Fork: tasks at the same time",
    words: "parallel concurrent branches race together",
    task: {
      fork: { branches: [{ left: { set: { side: "left" } } }, { right: { set: { side: "right" } } }] },
    },
  },
  {
    kind: "try",
    name: "attempt",
    about: "Try: go on after an error",
    words: "catch error errors retry fail handle exception",
    task: { try: [{ risky: { set: { value: 1 } } }], catch: { do: [{ recover: { set: { value: 0 } } }] } },
  },
  {
    kind: "listen",
    name: "answer",
    about: "Listen: wait for an event, such as an approval",
    words: "approve human person manual signal confirm webhook callback",
    task: { listen: { to: { one: { with: { type: "com.example.approval" } } } } },
  },
  {
    kind: "do",
    name: "steps",
    about: "Do: several tasks, one after the other",
    words: "sequence group block steps",
    task: { do: [{ first: { set: { value: 1 } } }] },
  },
  {
    kind: "emit",
    name: "tell",
    about: "Emit: publish an event",
    words: "send event message notify",
    task: { emit: { event: { with: { source: "https://example.com", type: "com.example.done" } } } },
  },
  {
    kind: "raise",
    name: "refuse",
    about: "Raise: end with an error",
    words: "throw fail exception stop",
    task: { raise: { error: { type: "https://example.com/refused", status: 400, title: "Refused" } } },
  },
  {
    kind: "wait",
    name: "pause",
    about: "Wait: let some time pass",
    words: "pause sleep delay timer timeout until later seconds minutes hours days",
    task: { wait: { seconds: 30 } },
  },
  {
    kind: "run",
    name: "other",
    about: "Run: another definition of this folder",
    words: "sub workflow subworkflow child call nested process",
    task: { run: { workflow: { namespace: "default", name: "other", version: "latest" } } },
  },
];
