import { expect, test, vi } from "vitest";
import { stream } from "../api/client";
import type { TaskExecution } from "../api/types";
import { statesOf, toldOf } from "../runs/states";
import { isOutdated, reduced, useSession } from "./session";

const KEY = { name: "KEY", has_value: false, told: "KEY has no value", why_not: null };
const blank = useSession.getState();

test("tokens of a stream add up, and the report says what was prepared", () => {
  const one = { ...blank, ...reduced(blank, "text", { text: "Hel" }) };
  expect(reduced(one, "text", { text: "lo" }).text).toBe("Hello");
  expect(reduced(one, "text", { text: "again", begins: true }).text).toBe("again");
  const planned = { prepared: { method: "POST" }, confirm: "POST may change something" };
  expect(reduced(blank, "planned", planned).changes).toBe("POST may change something");
  expect(reduced(blank, "planned", { ...planned, confirm: null }).changes).toBeNull();
  expect(reduced(blank, "missing", { names: ["input.caller"] }).missing).toEqual(["input.caller"]);
  expect(reduced(blank, "setup", { detail: "OPENAI_API_KEY is missing", secrets: [KEY] }).setup).toEqual({
    detail: "OPENAI_API_KEY is missing",
    secrets: [KEY],
  });
  expect(
    reduced(blank, "failed", { status: 503, detail: "no worker", hint: "start one" }).problem,
  ).toMatchObject({
    status: 503,
    hint: "start one",
  });
});

test("events that come in pieces are put together", async () => {
  const pieces = ["event: a\nda", 'ta: {"x":', ' 1}\n\nevent: b\r\ndata: "ü"\r\n\r\n: still here\n\n'];
  const body = new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
      controller.close();
    },
  });
  vi.stubGlobal("sessionStorage", { getItem: () => "token" });
  vi.stubGlobal("fetch", () => Promise.resolve(new Response(body)));
  const events = [];
  for await (const event of stream("GET", "/x")) events.push(event);
  expect(events).toEqual([
    { event: "a", data: { x: 1 } },
    { event: "b", data: "ü" },
  ]);
  vi.unstubAllGlobals();
});

const task = (facts: Partial<TaskExecution>): TaskExecution => ({
  id: "1",
  name: "ask",
  pointer: "/do/0/ask",
  kind: "call.chatCompletion",
  state: "running",
  started_at: "2026-01-01T00:00:00Z",
  ...facts,
});

test("a wait is told with its reason, its rest and its attempt", () => {
  const waiting = task({
    state: "waiting",
    last_failure: "429 from openai",
    next_attempt_at: "2026-01-01T00:00:02Z",
    attempt: 2,
    max_attempts: 5,
  });
  expect(toldOf(waiting, Date.parse("2026-01-01T00:00:00Z"))).toBe(
    "429 from openai; waiting 2.0 s; attempt 2 of 5",
  );
});

test("of several executions of a block the one that failed is shown", () => {
  const found = statesOf(
    [task({ state: "completed" }), task({ state: "faulted", detail: "no" }), task({ state: "completed" })],
    0,
  );
  expect(found["/do/0/ask"]).toEqual({ state: "faulted", count: 3, alike: 1, told: "no" });
});

test("of the rounds of a loop it is told how many are in the state that is shown", () => {
  const skipped = task({ state: "skipped" });
  const waiting = task({ state: "waiting" });
  expect(statesOf([skipped, waiting, skipped, skipped], 0)["/do/0/ask"]).toMatchObject({
    state: "waiting",
    count: 4,
    alike: 1,
  });
  expect(statesOf([skipped, task({ state: "completed" }), skipped], 0)["/do/0/ask"]).toMatchObject({
    state: "completed",
    count: 3,
    alike: 1,
  });
  expect(statesOf([skipped, skipped], 0)["/do/0/ask"]).toMatchObject({ state: "skipped", alike: 2 });
});

test("of a switch it is told how often each of its cases held, and none of them", () => {
  const rounds = ["urgent", "", "urgent", null].map((held) => task({ state: "completed", case: held }));
  expect(statesOf(rounds, 0)["/do/0/ask"]?.cases).toEqual({ urgent: 2, "": 1 });
  expect(statesOf([task({ state: "completed" })], 0)["/do/0/ask"]).not.toHaveProperty("cases");
});

test("a stream that is cancelled keeps the text that has come", () => {
  const one = { ...blank, ...reduced(blank, "text", { text: "Once upon" }) };
  const ended = { ...one, ...reduced(one, "cancelled", {}) };
  expect([ended.text, ended.cancelled]).toEqual(["Once upon", true]);
});

test("an answer is of another request once what is sent, or the task's text, is another", () => {
  const prepared = { happened: "", method: "POST", uri: "/a", curl: "", headers: { "Idempotency-Key": "1" } };
  const sent = { ...blank, sent: "call: x", prepared, report: { prepared } };
  const again = { ...prepared, headers: { "Idempotency-Key": "2" } };
  expect(isOutdated(sent, "call: x")).toBe(false);
  expect(isOutdated({ ...sent, prepared: again }, "call: x")).toBe(false);
  expect(isOutdated({ ...sent, prepared: { ...again, uri: "/b" } }, "call: x")).toBe(true);
  expect(isOutdated(sent, "call: y")).toBe(true);
  expect(isOutdated(blank, "call: y")).toBe(false);
});

test("what is prepared follows the text beside an answer, and says so where it can't", async () => {
  const events = (...told: [string, object][]) =>
    vi.stubGlobal("fetch", () =>
      Promise.resolve(
        new Response(
          told.map(([name, data]) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`).join(""),
        ),
      ),
    );
  vi.stubGlobal("sessionStorage", { getItem: () => "token" });
  useSession.setState({ ...blank, phase: "done", setup: { detail: "KEY is missing", secrets: [KEY] } });
  events(["planned", { prepared: { uri: "/new" }, confirm: null }]);
  await useSession.getState().look("/do/0/a");
  expect(useSession.getState()).toMatchObject({ prepared: { uri: "/new" }, setup: null, unprepared: null });
  events(["failed", { status: 422, detail: "`other` at `with`: no" }]);
  await useSession.getState().look("/do/0/a");
  expect(useSession.getState()).toMatchObject({ prepared: { uri: "/new" }, problem: null });
  expect(useSession.getState().unprepared?.message).toBe("`other` at `with`: no");
  vi.unstubAllGlobals();
});
