import { afterEach, beforeEach, expect, test, vi } from "vitest";
import * as api from "../api/endpoints";
import type { Definition, Finding, PreparedTask } from "../api/types";
import { addTask } from "../catalog/add";
import { useDocument } from "./document";
import { keepDrafts, keepMeant, readDraft } from "./drafts";

const definition = (text: string): Definition => ({
  definition: null,
  blocks: [],
  findings: [],
  runnable: true,
  to_fill_in: [],
  path: "a.yaml",
  text,
  sha256: `sha of ${text}`,
});
const state = () => useDocument.getState();

let kept: Map<string, string>;
let stop: () => void;

beforeEach(() => {
  vi.useFakeTimers();
  kept = new Map();
  vi.stubGlobal("sessionStorage", {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
    removeItem: (key: string) => kept.delete(key),
  });
  vi.stubGlobal("window", { addEventListener: () => {}, removeEventListener: () => {} });
  vi.spyOn(api, "check").mockResolvedValue(definition(""));
  state().open(definition("one"));
  stop = keepDrafts("/shop", "a.yaml");
});

afterEach(() => {
  stop();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** The page goes away, and comes back to what is on disk. */
function reload(text: string) {
  vi.runAllTimers();
  stop();
  state().open(definition(text));
  stop = keepDrafts("/shop", "a.yaml");
  vi.runAllTimers();
}

test("what was not saved is offered after a reload, and comes back as a step that can be undone", () => {
  state().type("mine");
  reload("one");
  expect(state()).toMatchObject({ text: "one", draft: { text: "mine", base: "sha of one" } });
  state().restoreDraft();
  expect(state()).toMatchObject({ text: "mine", saved: "one", draft: null, disk: null });
  state().undo();
  expect(state().text).toBe("one");
});

test("a draft of a file that has changed since is told as that, and saves over nothing", () => {
  state().type("mine");
  reload("theirs");
  state().restoreDraft();
  expect(state()).toMatchObject({
    text: "mine",
    base: "sha of one",
    disk: { text: "theirs", sha256: "sha of theirs" },
  });
});

test("a draft that is dropped, or was saved, is offered no more", async () => {
  state().type("mine");
  reload("one");
  state().dropDraft();
  reload("one");
  expect(state().draft).toBeNull();
  state().type("mine");
  vi.runAllTimers();
  expect(readDraft("/shop", "a.yaml")?.text).toBe("mine");
  vi.spyOn(api, "saveDefinition").mockResolvedValue(definition("mine"));
  await state().save();
  vi.runAllTimers();
  expect(kept.size).toBe(0);
});

test("drafts are of one folder and one file", () => {
  state().type("mine");
  vi.runAllTimers();
  expect(readDraft("/other", "a.yaml")).toBeNull();
  expect(readDraft("/shop", "b.yaml")).toBeNull();
  kept.set([...kept.keys()][0] as string, "not JSON");
  expect(readDraft("/shop", "a.yaml")).toBeNull();
});

test("a value that was made up and is meant stays so when the file is opened again, and in no other folder", () => {
  vi.stubGlobal("localStorage", sessionStorage);
  const made = ["/do/0/a/with/path/id", "/do/0/a/with/body/title", "/do/1/b/with/endpoint"];
  let close = () => {};
  const open = (folder: string, to_fill_in: string[]) => {
    close();
    state().open({ ...definition("one"), path: "other.yaml" });
    const findings = to_fill_in.map(
      (pointer) => ({ code: "to-fill-in", pointer, places: [pointer] }) as Finding,
    );
    state().open({ ...definition("one"), to_fill_in, findings });
    close = keepMeant(folder, "a.yaml");
  };
  open("/shop", made);
  expect(state().findings).toHaveLength(made.length);
  state().keepMadeUp(["/do/0/a"]);
  expect(state().toFillIn).toEqual([made[2]]);
  expect(state().findings.map(({ pointer }) => pointer)).toEqual([made[2]]);
  const moved = made.map((one) => one.replace("/do/0/a", "/do/2/a"));
  open("/shop", moved);
  expect(state().toFillIn).toEqual([moved[2]]);
  open("/other", made);
  expect(state().toFillIn).toEqual(made);
  close();
});

test("what came from a command is meant before its API is known, after a rename too, and until another task comes there", async () => {
  vi.stubGlobal("localStorage", sessionStorage);
  const edited = { ...definition("two"), changes: [] };
  const edit = vi.spyOn(api, "edit").mockResolvedValue(edited);
  const told = async (...to_fill_in: string[]) => {
    vi.mocked(api.check).mockResolvedValue({ ...definition("two"), to_fill_in });
    state().recheck();
    await vi.advanceTimersByTimeAsync(1);
    return state().toFillIn;
  };
  const close = keepMeant("/shop", "a.yaml");
  const task = { name: "order", task: { call: "http" } } as unknown as PreparedTask;
  const prepared = { ...task, configuration: {}, declared_secrets: [] };
  const at = { list: "/do", index: 0 };
  await addTask(at, prepared, true);
  const quantity = "/with/body/quantity";
  expect(await told(`/do/0/order${quantity}`, `/do/1/orders${quantity}`)).toEqual([
    `/do/1/orders${quantity}`,
  ]);
  await state().edit([{ op: "rename", pointer: "/do/0/order", name: "buy" }]);
  expect(await told(`/do/3/buy${quantity}`)).toEqual([]);
  close();
  state().open({ ...definition("one"), path: "other.yaml" });
  state().open({ ...definition("two"), to_fill_in: [`/do/0/buy${quantity}`] });
  const again = keepMeant("/shop", "a.yaml");
  expect(state().toFillIn).toEqual([]);
  edit.mockResolvedValue({ ...edited, to_fill_in: [`/do/0/order${quantity}`] });
  await addTask(at, prepared);
  expect(state().toFillIn).toEqual([`/do/0/order${quantity}`]);
  again();
});
