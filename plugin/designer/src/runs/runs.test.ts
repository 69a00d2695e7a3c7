import { expect, test, vi } from "vitest";
import * as client from "../api/client";
import * as api from "../api/endpoints";
import type { CallRecord, RunRecord, RunSummary, TaskRecord } from "../api/types";
import { useDocument } from "../state/document";
import { blockOf } from "../state/testing";
import { sampleOf } from "../testrequest/data";
import { failedItems, placeOfFault } from "./Detail";
import { choicesIn } from "./EventData";
import { toldOfKept } from "./RunDialog";
import {
  changed,
  endOf,
  grouped,
  isOf,
  keepOutputs,
  latestRuns,
  type RunView,
  toldStateOf,
  useRun,
} from "./run";
import { statesOf, useRunStates, withEarlier } from "./states";
import { failuresOf, inSight, ordinals, roundOf, usedBy } from "./Timeline";

test("of many tasks those in sight are in the page, with some around them", () => {
  expect(inSight(0, 10, 500)).toEqual({ first: 0, last: 14 });
  expect(inSight(100, 10, 500)).toEqual({ first: 96, last: 114 });
  expect(inSight(490, 10, 500)).toEqual({ first: 486, last: 500 });
  expect(inSight(0, 10, 3)).toEqual({ first: 0, last: 3 });
  expect(inSight(490, 10, 12)).toEqual({ first: 0, last: 12 });
});

test("a task tells how often it was tried and what it has used, where there is something to tell", () => {
  const call = { id: "a", activity: "a", attempts: 1, scheduled_at: "2026-01-01T00:00:00Z" };
  const used = (...calls: Partial<CallRecord>[]) =>
    usedBy({ calls: calls.map((one) => ({ ...call, ...one })) } as TaskRecord);
  expect(used({})).toBe("");
  expect(used({ attempts: 3, tokens: 42, cost_usd: 0.00012 })).toBe("3 attempts · 42 tokens · $0.00012");
  expect(used({ tokens: 1 }, { tokens: 2, cost_usd: null })).toBe("3 tokens");
  expect(usedBy({ attempt: 2 } as TaskRecord)).toBe("attempt 2");
});

test("of a map the items that failed are told, each by the task that nothing in it has caught", () => {
  const task = (id: string, state: string) => ({ id, state }) as TaskRecord;
  const tasks = [
    task("all", "completed"),
    task("all/0/ask", "faulted"),
    task("all/1/try", "completed"),
    task("all/1/try/ask", "faulted"),
    task("all/2/each", "faulted"),
    task("all/2/each/0/ask", "faulted"),
    task("other/0/ask", "faulted"),
  ];
  expect(failedItems(tasks[0] as TaskRecord, tasks).map(({ id }) => id)).toEqual(["all/0/ask", "all/2/each"]);
});

test("what the data of an event is compared with are buttons, where these are few", () => {
  const of = (schema: object) => choicesIn(schema, {});
  expect(of({ type: "string", examples: ["approve", "reject", ""] })).toEqual(["approve", "reject"]);
  expect(of({ type: "boolean" })).toEqual([true, false]);
  expect(of({ enum: ["a", "b"] })).toEqual(["a", "b"]);
  expect(of({ type: "string" })).toEqual([]);
  expect(of({ examples: ["1", "2", "3", "4", "5", "6", "7"] })).toEqual([]);
});

test("failures in a run that completes all the same are told, each one once", () => {
  const execution = (id: string, kind: string, state: string) =>
    ({ id, kind, state, pointer: `/${id.replace(/\/\d+\//g, "/")}`, detail: null }) as TaskRecord;
  const tasks = [
    execution("each", "call.map", "completed"),
    execution("each/0/steps", "do", "faulted"),
    execution("each/0/steps/ask", "call.http", "faulted"),
    execution("each/1/careful", "try", "completed"), // caught what failed in it
    execution("each/1/careful/ask", "call.http", "faulted"),
    execution("each/10/steps", "do", "completed"),
    execution("each/10/steps/ask", "call.http", "completed"),
    execution("fine", "call.map", "completed"),
    execution("fine/0/set", "set", "completed"),
  ];
  expect(failuresOf(tasks)).toBe(2);
  const states = statesOf(tasks, 0);
  expect(states["/each"]?.told).toBe("1 of 3 items failed");
  expect(states["/fine"]?.told).toBeNull();
  expect(statesOf(tasks, 0, false)["/each"]?.told).toBeNull(); // more may have failed than is known
  expect(states["/each/steps"]).toMatchObject({ state: "faulted", alike: 1, count: 2 });
});

test("a run whose record is not there yet ended with its last task", () => {
  const at = (second: number) => new Date(second * 1000).toISOString();
  const task = { id: "1", name: "ask", pointer: "/do/0/ask", kind: "set", started_at: at(1) };
  const tasks = [{ ...task, state: "completed" as const, ended_at: at(3) }];
  const view = {
    id: "r",
    definition: "demo/a:1.0.0",
    state: "completed",
    began: 1000,
    ended: null,
    tasks,
    status: null,
    record: null,
  };
  expect(endOf(view, 9000)).toBe(3000);
  expect(endOf({ ...view, state: "running" }, 9000)).toBe(9000);
  expect(endOf({ ...view, ended: 4000 }, 9000)).toBe(4000);
});

test("the outputs of another definition's run are not taken for those of the open one", () => {
  const block = blockOf("/do/0/ask", { end: 3 });
  useDocument.setState({ path: "a.yaml", definition: "demo/a", blocks: [block] });
  const record = (name: string, output: string, definition = "demo/a:1.0.0") => {
    const task = { id: "1", name, pointer: `/do/0/${name}`, state: "completed", output };
    return {
      id: "r",
      definition,
      state: "completed",
      tasks: [task],
      input: output,
    } as unknown as RunRecord;
  };
  keepOutputs(record("ask", "mine"));
  keepOutputs(record("other", "theirs"));
  keepOutputs(record("ask", "theirs", "demo/b:1.0.0")); // which has a task of that name, too
  expect(sampleOf("a.yaml")).toMatchObject({ input: "mine", outputs: { ask: "mine" } });
  expect(sampleOf("a.yaml").outputs).not.toHaveProperty("other");
});

test("a fault that names a place in its task leads to it, and no other text does", () => {
  const at = (detail: string | null) => placeOfFault({ pointer: "/do/1/two", detail } as TaskRecord);
  expect(at("/do/1/two/set/shout: explode input must be a string")).toBe("/do/1/two/set/shout");
  expect(at("/do/1/twofold/set: explode")).toBeNull();
  expect(at("401 from 127.0.0.1:18180: Incorrect API key")).toBeNull();
  expect(at(null)).toBeNull();
});

test("a fault of an answer leads to the one field that it names, in what was sent", () => {
  const body = { book: "b", quantity: 1, to: { city: "c", "zip-code": "z" } };
  const written = { call: "httpRequest", with: { method: "post", body, query: { page: 1 } } };
  const at = (detail: string) => placeOfFault({ pointer: "/do/0/order", detail } as TaskRecord, written);
  expect(at("422 from shop: book: there is no such book")).toBe("/do/0/order/with/body/book");
  expect(at('400 from shop: "page" must be more than 1')).toBe("/do/0/order/with/query/page");
  expect(at("422 from shop: to.zip-code is missing")).toBe("/do/0/order/with/body/to/zip-code");
  expect(at("422 from shop: book: none; quantity: too many")).toBeNull();
  expect(at("404 from shop: no book to sell on this page")).toBeNull();
  expect(at("422 from shop: bookings: too many")).toBeNull();
});

test("a run in which nothing goes on until an event is given says so", () => {
  const task = (id: string, kind: string, state: string, ended_at: string | null = null) =>
    ({ id, kind, state, ended_at }) as TaskRecord;
  const told = (...tasks: TaskRecord[]) =>
    toldStateOf({ state: "running", tasks, status: {}, record: null } as unknown as RunView);
  const listens = task("both/a/ask", "listen", "waiting");
  const around = [task("first", "set", "completed", "now"), task("both", "fork", "running")];
  expect(told(...around, listens)).toBe("waiting for an event");
  expect(told(...around, listens, task("both/b", "call.http", "running"))).toBe("running");
  expect(told(...around)).toBe("running");
  expect(told(...around, task("both/a/ask", "listen", "running"))).toBe("running");
});

test("a run that is open stays when past runs are asked for, which are listed in it", async () => {
  const listed = vi.spyOn(api, "listRuns").mockResolvedValue([]);
  const list = { focus: vi.fn(), showPicker: vi.fn() };
  vi.stubGlobal("document", { querySelector: () => list });
  useRun.setState({ open: true, id: "mine", view: null });
  await useRun.getState().past();
  expect(list.showPicker).toHaveBeenCalled();
  expect(useRun.getState().id).toBe("mine");
  expect(listed).not.toHaveBeenCalled();
  vi.unstubAllGlobals();
});

test("why a run goes on that was asked to end is told, and not of the next one that is looked at", async () => {
  vi.spyOn(api, "cancelRun").mockResolvedValue({ state: "running", reason: "no worker serves it now" });
  vi.spyOn(client, "stream").mockImplementation(async function* () {
    yield { event: "failed", data: {} };
  });
  useRun.setState({ open: true, id: "mine", view: null, unended: null });
  await useRun.getState().cancel();
  expect(useRun.getState()).toMatchObject({ ending: null, unended: "no worker serves it now" });
  void useRun.getState().watch("another");
  expect(useRun.getState().unended).toBeNull();
  useRun.getState().close();
});

test("bars begin where the run began, whatever the clock of the page says, and stay there when it ends", async () => {
  const at = (second: number) => new Date(second * 1000).toISOString();
  const task = { id: "1", name: "ask", pointer: "/do/0/ask", kind: "set", state: "completed" };
  const definition = "demo/a:1.0.0";
  const status = { definition, state: "running", started_at: at(1), tasks: [{ ...task, started_at: at(3) }] };
  const record = {
    id: "r",
    definition,
    state: "completed",
    started_at: at(1),
    ended_at: at(5),
    tasks: status.tasks,
  };
  const began: (number | undefined)[] = [];
  useRun.subscribe(({ view }) => view && began.push(view.began));
  vi.spyOn(client, "stream").mockImplementation(async function* () {
    yield { event: "status", data: { ...status, tasks: [] } };
    yield { event: "changes", data: { state: "running", tasks: status.tasks, gone: [] } };
    yield { event: "ended", data: record };
  });
  useDocument.setState({ definition: "demo/b" });
  await useRun.getState().watch("r");
  expect(new Set(began)).toEqual(new Set([1000]));
  expect(useRunStates.getState().byPointer).toEqual({}); // the blocks that are open are not its tasks
  useDocument.setState({ definition: "demo/a" });
  await useRun.getState().watch("r");
  expect(useRunStates.getState().byPointer).toHaveProperty("/do/0/ask");
});

test("what changes of a run is taken into what is known of it", () => {
  const task = (id: string, state = "running") => ({ id, state }) as TaskRecord;
  const before = [task("a"), task("b"), task("c")];
  const now = changed(before, [task("b", "completed"), task("d")], ["a"]);
  expect(now.map(({ id, state }) => `${id} ${state}`)).toEqual(["b completed", "c running", "d running"]);
  expect(now[1]).toBe(before[2]);
});

test("it is told for how many requests answers are kept, and where a run would fail", () => {
  const kept = { folder: "a/fixtures", kept: ["a", "b", "c"], lacking: [], faults: [] };
  expect(toldOfKept(kept)).toBe(
    "3 of 3 requests have one in `a/fixtures`, as far as method and address tell; nothing is sent.",
  );
  expect(toldOfKept({ ...kept, kept: ["a"], lacking: ["page"] })).toBe(
    "1 of 2 requests have one in `a/fixtures`, as far as method and address tell; nothing is sent. There is none for `page`, where the run would fail.",
  );
  expect(toldOfKept({ ...kept, kept: [], lacking: ["page"] })).toBe("None is kept in `a/fixtures` yet.");
  expect(toldOfKept({ ...kept, faults: ["a/fixtures/x.yaml:1: …"] })).toBe(
    "Those in `a/fixtures` can't be used:",
  );
});

test("rows of a loop tell their round, and executions of the same round which one they are", () => {
  const task = (id: string, loops?: Record<string, string>) =>
    ({ id, name: "ask", pointer: "/do/0/ask", loops }) as unknown as TaskRecord;
  const rounds = [task("1", { item: "Emma", index: "0" }), task("2", { item: "Ulysses", index: "1" })];
  const again = [...rounds, task("3", { item: "Ulysses", index: "1" })];
  expect(rounds.map((one) => roundOf(one, ordinals(rounds)))).toEqual([
    "index 0 · item Emma",
    "index 1 · item Ulysses",
  ]);
  expect(again.map((one) => roundOf(one, ordinals(again))).slice(1)).toEqual([
    "index 1 · item Ulysses · #1",
    "index 1 · item Ulysses · #2",
  ]);
  const retried = [task("1"), task("2")]; // of a `try`, or of a run that goes on
  expect(retried.map((one) => roundOf(one, ordinals(retried)))).toEqual(["#1", "#2"]);
  expect(roundOf(task("1"), ordinals([task("1")]))).toBe("");
});

test("a block that ran in the run before keeps its badge, and one that runs now has its own", () => {
  const block = (name: string) => blockOf(`/do/0/${name}`);
  const now = { "/do/0/b": { state: "running" as const, count: 1, alike: 1, told: null } };
  const shown = withEarlier(now, ["a", "b"], [block("a"), block("b"), block("c")]);
  expect(shown["/do/0/a"]).toMatchObject({ state: "completed", earlier: true });
  expect(shown["/do/0/b"]).toBe(now["/do/0/b"]);
  expect(shown).not.toHaveProperty("/do/0/c");
});

test("runs of the open definition are listed first, and looked for where others ran since", async () => {
  const run = (id: string, definition: string): RunSummary => ({
    id,
    definition,
    state: "completed",
    started_at: "2026-01-01T00:00:00Z",
  });
  const others = Array.from({ length: 20 }, (_, index) => run(`o${index}`, "demo/other:1.0.0"));
  const all = [...others, run("m2", "demo/mine:1.1.0"), run("m1", "demo/mine:1.0.0")];
  const listed = vi
    .spyOn(api, "listRuns")
    .mockImplementation(async (limit = 20, name) =>
      all.filter((one) => !name || isOf(one, name)).slice(0, limit),
    );
  expect((await latestRuns("demo/other")).length).toBe(20);
  const found = grouped(await latestRuns("demo/mine"), "demo/mine");
  expect(found.map(([definition, runs]) => [definition, runs[0]?.id, runs.length])).toEqual([
    ["demo/mine", "m2", 2],
    ["demo/other", "o0", 20],
  ]);
  listed.mockRestore();
});

test("a run that nothing is told of any more is not said to go on", async () => {
  const status = {
    id: "r",
    definition: "n/d:1.0.0",
    state: "running",
    started_at: "2026-01-01T00:00:00Z",
    tasks: [],
  };
  vi.spyOn(client, "stream").mockImplementation(async function* () {
    yield { event: "status", data: status };
    throw new client.Problem(404, { detail: "there is no run r" });
  });
  await useRun.getState().watch("r");
  expect(useRun.getState().view).toMatchObject({ state: "unknown", record: null });
  expect(useRun.getState().view?.ended).not.toBeNull();
  expect(useDocument.getState().problem?.message).toContain("there is no run r");
});
