import { beforeEach, expect, test, vi } from "vitest";
import { Problem } from "../api/client";
import * as api from "../api/endpoints";
import type { Block, Checked, Definition, Edited, Finding } from "../api/types";
import { errorsOf, isEmpty } from "./blocks";
import { isUnsaved, useDocument } from "./document";
import { blockOf } from "./testing";

const checked: Checked = { definition: null, blocks: [], findings: [], to_fill_in: [], runnable: true };
const definition = (text: string): Definition => ({
  ...checked,
  path: "a.yaml",
  text,
  sha256: `sha of ${text}`,
});
const state = () => useDocument.getState();

beforeEach(() => {
  vi.spyOn(api, "check").mockResolvedValue(checked);
  state().open(definition("one"));
});

test("typing in one go is one step back", () => {
  state().type("one t");
  state().type("one tw");
  state().type("one two");
  state().undo();
  expect(state().text).toBe("one");
  state().redo();
  expect(state().text).toBe("one two");
  expect(state().future).toEqual([]);
});

test("the last task that is taken out goes, though nothing runs any more", async () => {
  const none = { code: "empty", pointer: "/do", severity: "error" } as Finding;
  const edited = { ...checked, findings: [none], runnable: false, text: "do: []", changes: [] };
  state().open({ ...definition("one"), blocks: [{ pointer: "/do/0/a" } as Block] });
  vi.spyOn(api, "edit").mockResolvedValue(edited);
  await state().edit([{ op: "remove", pointer: "/do/0" }]);
  expect(state().blocks).toEqual([]);
  expect(isEmpty(state().findings)).toBe(true);
  expect(errorsOf(state().findings)).toBe(0);
});

test("what is typed slowly at one place is one step back, and at another place another one", () => {
  vi.useFakeTimers();
  for (const text of ["one t", "one tw", "one twp", "one tw", "one two"]) {
    vi.advanceTimersByTime(1_500);
    state().type(text);
  }
  state().type("0ne two");
  state().type("0ne two\na: 1\nb: 2");
  vi.advanceTimersByTime(6_000);
  state().type("0ne two\na: 1\nb: 2!");
  state().type("0ne two\na: 1\nb: 2!\n  ");
  state().type("0ne two\na: 1\nb: 2!\n  c");
  vi.useRealTimers();
  const before: string[] = [];
  while (state().past.length) {
    state().undo();
    before.push(state().text);
  }
  expect(before).toEqual(["0ne two\na: 1\nb: 2!", "0ne two\na: 1\nb: 2", "0ne two", "one two", "one"]);
});

test("an edit is a step of its own, whatever was typed before", async () => {
  state().type("one two");
  vi.spyOn(api, "edit").mockResolvedValue({ ...checked, text: "one two three", changes: [] });
  expect(await state().edit([{ op: "remove", pointer: "/do/0/a" }])).toBe(true);
  state().undo();
  expect(state().text).toBe("one two");
  state().undo();
  expect(state().text).toBe("one");
});

test("an edit that is asked for while a task gets another name is made at that name", async () => {
  const renamed = { ...checked, blocks: [blockOf("/do/0/b")], text: "b", changes: [] };
  state().open({ ...definition("a"), blocks: [blockOf("/do/0/a")] });
  const edited = vi.spyOn(api, "edit").mockResolvedValue(renamed);
  const renaming = state().edit([{ op: "rename", pointer: "/do/0/a", name: "b" }]);
  await state().edit([{ op: "set", pointer: "/do/0/a/if", value: true }]);
  await renaming;
  expect(edited).toHaveBeenLastCalledWith("a.yaml", "b", [{ op: "set", pointer: "/do/0/b/if", value: true }]);
});

test("an edit of a task that stands elsewhere in the text that was typed meanwhile is made there", async () => {
  state().open({ ...definition("a"), blocks: [blockOf("/do/0/a")] });
  state().type("b a");
  vi.spyOn(api, "check").mockResolvedValue({ ...checked, blocks: [blockOf("/do/0/b"), blockOf("/do/1/a")] });
  const edited = vi.spyOn(api, "edit").mockResolvedValue({ ...checked, text: "b a", changes: [] });
  await state().edit([{ op: "set", pointer: "/do/0/a/if", value: true }]);
  expect(edited).toHaveBeenLastCalledWith("a.yaml", "b a", [
    { op: "set", pointer: "/do/1/a/if", value: true },
  ]);
});

test("an edit that changes nothing is no step", async () => {
  vi.spyOn(api, "edit").mockResolvedValue({ ...checked, text: "one", changes: [] });
  expect(await state().edit([{ op: "set", pointer: "/a", value: 1 }])).toBe(true);
  expect(state().past).toEqual([]);
});

test("an edit is made again in the text that was typed while the server thought", async () => {
  const answers: ((edited: Edited) => void)[] = [];
  const asked = vi
    .spyOn(api, "edit")
    .mockImplementation(() => new Promise<Edited>((resolve) => void answers.push(resolve)));
  const done = state().edit([{ op: "set", pointer: "/a", value: 1 }]);
  await vi.waitFor(() => expect(answers.length).toBe(1));
  state().type("one, typed");
  answers[0]?.({ ...checked, text: "one, edited", changes: [] });
  await vi.waitFor(() => expect(answers.length).toBe(2));
  expect(asked.mock.calls[1]?.[1]).toBe("one, typed");
  answers[1]?.({ ...checked, text: "one, typed, edited", changes: [] });
  expect(await done).toBe(true);
  expect(state().text).toBe("one, typed, edited");
});

test("an edit that is made of what stands there is made of what those before it left", async () => {
  vi.spyOn(api, "edit").mockImplementation(async (_, text, [wanted]) => ({
    ...checked,
    text: wanted?.op === "set" ? String(wanted.value) : text,
    changes: [],
  }));
  const add = (word: string) =>
    state().edit((_, text) => [{ op: "set", pointer: "/a", value: `${text} ${word}` }]);
  await Promise.all([add("two"), add("three")]);
  expect(state().text).toBe("one two three");
});

test("undo waits for an edit that is under way, and takes back that one", async () => {
  state().type("one two");
  vi.spyOn(api, "edit").mockResolvedValue({ ...checked, text: "one two three", changes: [] });
  void state().edit([{ op: "set", pointer: "/a", value: 1 }]);
  await state().undo();
  expect(state().text).toBe("one two");
  expect(state().future.map(({ text }) => text)).toEqual(["one two three"]);
});

test("a second save writes upon what the first one wrote", async () => {
  const saved = vi
    .spyOn(api, "saveDefinition")
    .mockClear()
    .mockImplementation(async (_, text) => definition(text));
  state().type("mine");
  const first = state().save();
  await vi.waitFor(() => expect(saved).toHaveBeenCalledTimes(1));
  state().type("mine, and more");
  await Promise.all([first, state().save()]);
  expect(saved).toHaveBeenLastCalledWith("a.yaml", "mine, and more", "sha of mine");
  expect(isUnsaved(state())).toBe(false);
});

test("an edit that the server refuses changes nothing and is told", async () => {
  vi.spyOn(api, "edit").mockRejectedValue(new Problem(422, { detail: "there is no such task" }));
  expect(await state().edit([{ op: "remove", pointer: "/do/9/a" }])).toBe(false);
  expect(state().text).toBe("one");
  expect(state().problem?.message).toBe("there is no such task");
});

test("what was changed on disk is shown and not overwritten", async () => {
  state().type("mine");
  const saved = vi
    .spyOn(api, "saveDefinition")
    .mockRejectedValueOnce(new Problem(409, { text: "theirs", sha256: "sha of theirs" }));
  await state().save();
  expect(saved).toHaveBeenCalledWith("a.yaml", "mine", "sha of one");
  expect(state().disk).toEqual({ text: "theirs", sha256: "sha of theirs" });
  expect(state().text).toBe("mine");
  saved.mockResolvedValueOnce(definition("mine"));
  await state().keepMine();
  expect(saved).toHaveBeenLastCalledWith("a.yaml", "mine", "sha of theirs");
  expect(state().disk).toBeNull();
  expect(isUnsaved(state())).toBe(false);
});

test("what is kept against the disk has the edits that were asked for, and waits for the save before", async () => {
  state().type("mine");
  state().noticeDisk(definition("theirs"), false);
  let answer: (edited: Edited) => void = () => undefined;
  vi.spyOn(api, "edit").mockReturnValueOnce(new Promise((resolve) => (answer = resolve)));
  let written: (definition: Definition) => void = () => undefined;
  const saved = vi
    .spyOn(api, "saveDefinition")
    .mockReset()
    .mockReturnValueOnce(new Promise((resolve) => (written = resolve)));
  void state().edit([{ op: "set", pointer: "/a", value: 1 }]);
  const kept = state().keepMine();
  const again = state().keepMine();
  await new Promise((resolve) => setTimeout(resolve));
  expect(saved).not.toHaveBeenCalled();
  answer({ ...checked, text: "mine, edited", changes: [] });
  await vi.waitFor(() => expect(saved).toHaveBeenCalledWith("a.yaml", "mine, edited", "sha of theirs"));
  written(definition("mine, edited"));
  await Promise.all([kept, again]);
  expect(saved).toHaveBeenCalledTimes(1);
  expect(isUnsaved(state())).toBe(false);
});

test("a file that was removed on disk is written anew only where that is chosen", async () => {
  const saved = vi
    .spyOn(api, "saveDefinition")
    .mockRejectedValueOnce(new Problem(409, { text: null, sha256: "" }));
  await state().save();
  expect(state().disk).toEqual({ text: null, sha256: "" });
  state().takeDisk();
  expect(state().text).toBe("one");
  saved.mockResolvedValueOnce(definition("one"));
  await state().keepMine();
  expect(saved).toHaveBeenLastCalledWith("a.yaml", "one", "");
  expect(state().disk).toBeNull();
});

test("the same text on disk is no change of somebody else: it was saved twice", async () => {
  state().type("mine");
  vi.spyOn(api, "saveDefinition").mockRejectedValueOnce(
    new Problem(409, { text: "mine", sha256: "sha of mine" }),
  );
  await state().save();
  expect(state().disk).toBeNull();
  expect(isUnsaved(state())).toBe(false);
});

test("what becomes of a save is not told of a definition that was opened since", async () => {
  state().type("mine");
  const saving = vi.spyOn(api, "saveDefinition");
  saving.mockImplementationOnce(async () => {
    state().open({ ...definition("two"), path: "b.yaml" });
    return definition("mine");
  });
  await state().save();
  expect(state().base).toBe("sha of two");
  expect(isUnsaved(state())).toBe(false);
});

test("a file that changed on disk is taken where nothing would be lost, and undo brings the former text back", () => {
  state().noticeDisk({ text: "theirs", sha256: "sha of theirs" }, false);
  expect(state().text).toBe("theirs");
  expect(isUnsaved(state())).toBe(false);
  state().undo();
  expect(state().text).toBe("one");
});

test("blocks of a text that can't be read for a moment stay", async () => {
  const block = blockOf("/do/0/a", { end: 3 });
  state().open({ ...definition("one"), blocks: [block] });
  vi.spyOn(api, "check").mockResolvedValue({ ...checked, runnable: false });
  state().type("one: [");
  await vi.waitFor(() => expect(state().checking).toBe(false));
  expect(state().blocks).toEqual([block]);
  expect(state().runnable).toBe(false);
});

test("another word is put in the place of one that still stands there, as a step of its own", () => {
  const fix = { start: 0, end: 3, word: "one", text: "two" };
  state().put(fix);
  expect(state().text).toBe("two");
  state().put(fix);
  expect(state().text).toBe("two");
  state().undo();
  expect(state().text).toBe("one");
});

test("undo and redo select what they bring back; else what was selected stays so, or is what was selected then", async () => {
  const blocks: Record<string, Block[]> = {
    one: [blockOf("/do/0/a"), blockOf("/do/1/b")],
    two: [blockOf("/do/0/new"), blockOf("/do/1/a"), blockOf("/do/2/b")],
    three: [blockOf("/do/0/new"), blockOf("/do/1/b")],
  };
  const of = (text: string) => ({ ...checked, blocks: blocks[text] ?? [] });
  vi.spyOn(api, "check").mockImplementation(async (_path, text) => of(text));
  vi.spyOn(api, "edit").mockImplementation(async (_path, text) => {
    const next = text === "one" ? "two" : "three";
    return { ...of(next), text: next, changes: [] } as Edited;
  });
  const goes = async (back: boolean) => {
    await (back ? state().undo() : state().redo());
    await vi.waitFor(() => expect(state().checking).toBe(false));
    return state().selected;
  };
  state().open({ ...definition("one"), blocks: blocks.one ?? [] });
  state().select("/do/1/b");
  await state().edit([]);
  expect(state().selected).toBe("/do/2/b");
  state().select("/do/1/a");
  await state().edit([]); // takes it out
  expect(state().selected).toBe(null);
  expect(await goes(true)).toBe("/do/1/a");
  expect(await goes(true)).toBe("/do/0/a");
  state().select("/do/1/b");
  expect(await goes(false)).toBe("/do/0/new");
  expect(state().returned).toBe(state().returns);
  expect(await goes(false)).toBe("/do/0/new"); // nothing comes back with it
  expect(state().returned).toBeLessThan(state().returns);
  state().select("/do/1/b");
  expect(await goes(true)).toBe("/do/1/a");
  state().select("/do/1/a");
  expect(await goes(true)).toBe("/do/0/a");
  await goes(false);
  state().select("/do/0/new");
  expect(await goes(true)).toBe("/do/0/a"); // which was selected before it came
});

test("what is typed after the text of the disk was taken does not take that away when it is undone", () => {
  state().type("one t");
  useDocument.setState({ saved: "one t", base: "sha of one t" }); // as saved
  state().noticeDisk({ text: "one t, new", sha256: "sha of disk" }, false);
  state().type("one tw, new");
  state().undo();
  expect(state().text).toBe("one t, new");
});

test("the text of the disk is not taken while somebody writes in a field", () => {
  state().noticeDisk({ text: "two", sha256: "sha of two" }, true);
  expect([state().text, state().disk?.text]).toEqual(["one", "two"]);
});
