import { beforeEach, expect, test } from "vitest";
import type { Edit } from "../api/types";
import { places } from "./places";
import { blockOf, blockWith } from "./testing";

const set = (pointer: string): Edit => ({ op: "set", pointer, value: 1 });

beforeEach(() => places.areShown());

test("what is asked at the former name of a task is meant for its new one, until the form has it", () => {
  const asked = places.asked();
  const after = [blockOf("/do/0/b")];
  places.take([{ op: "rename", pointer: "/do/0/a", name: "b" }], [blockOf("/do/0/a")], after);
  expect(places.follow([set("/do/0/a/if"), set("/do/0/b/if"), set("/do/0/ab/if")], asked, after)).toEqual([
    set("/do/0/b/if"),
    set("/do/0/b/if"),
    set("/do/0/ab/if"),
  ]);
  places.areShown();
  expect(places.follow([set("/do/0/a/if")], places.asked(), after)).toEqual([set("/do/0/a/if")]);
});

test("a name that is renamed twice is followed to the last one, and signs of pointers in it are written as such", () => {
  const asked = places.asked();
  const block = [blockOf("/do/0/decide", { kind: "switch" })];
  places.take([{ op: "rename_key", pointer: "/do/0/decide/switch/0/yes", name: "more" }], block, block);
  places.take([{ op: "rename_key", pointer: "/do/0/decide/switch/0/more", name: "a/b~" }], block, block);
  expect(places.follow([set("/do/0/decide/switch/0/yes/when")], asked, block)).toEqual([
    set("/do/0/decide/switch/0/a~1b~0/when"),
  ]);
});

test("tasks behind one that is taken out are followed to where they are, with what is in them", () => {
  const asked = places.asked();
  const before = [
    blockOf("/do/0/a"),
    blockWith("/do/1/each", { do: [blockOf("/do/1/each/do/0/x")] }),
    blockOf("/do/2/b"),
  ];
  const after = [blockWith("/do/0/each", { do: [blockOf("/do/0/each/do/0/x")] }), blockOf("/do/1/b")];
  places.take([{ op: "remove", pointer: "/do/0/a" }], before, after);
  const insert: Edit = { op: "insert", list: "/do/1/each/do", index: 0, name: "n", task: {} };
  expect(places.follow([set("/do/1/each/do/0/x/set"), set("/do/2/b/if"), insert], asked, after)).toEqual([
    set("/do/0/each/do/0/x/set"),
    set("/do/1/b/if"),
    { ...insert, list: "/do/0/each/do" },
  ]);
});

test("a place that is there again is meant as it is", () => {
  const asked = places.asked();
  places.take([{ op: "rename", pointer: "/do/0/a", name: "b" }], [blockOf("/do/0/a")], [blockOf("/do/0/b")]);
  const now = [blockOf("/do/0/a"), blockOf("/do/1/b")];
  expect(places.follow([set("/do/0/a/if")], asked, now)).toEqual([set("/do/0/a/if")]);
});

test("who takes an item out of a list by two clicks takes out one, and those behind it keep what is meant for them", () => {
  const asked = places.asked();
  const block = [blockOf("/do/0/ask")];
  const list = "/do/0/ask/with/messages";
  places.take([{ op: "remove", pointer: `${list}/1` }], block, block);
  const later: Edit[] = [
    { op: "remove", pointer: `${list}/1` },
    set(`${list}/2/content`),
    set(`${list}/0/content`),
  ];
  expect(places.follow(later, asked, block)).toEqual([set(`${list}/1/content`), set(`${list}/0/content`)]);
  places.take([{ op: "remove", pointer: "/do/0/ask/with/seed" }], block, block);
  expect(places.follow([set("/do/0/ask/with/seed")], asked, block)).toEqual([set("/do/0/ask/with/seed")]);
});
