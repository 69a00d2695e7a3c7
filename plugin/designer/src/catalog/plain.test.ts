import { expect, test } from "vitest";
import { fittingKinds, PLAIN } from "./plain";

const first = (query: string) => fittingKinds(query)[0]?.kind;

test("plain tasks are found by what people call them", () => {
  const asked: [string, string][] = [
    ["map", "call.map"],
    ["loop", "for"],
    ["for each", "for"],
    ["Repeat", "for"],
    ["approval", "listen"],
    ["wait for", "listen"],
    ["if", "switch"],
    ["condition", "switch"],
    ["parallel", "fork"],
    ["fork", "fork"],
    ["catch", "try"],
    ["error", "try"],
    ["sleep", "wait"],
    ["pause", "wait"],
    ["wait", "wait"],
    ["variables", "set"],
    ["sub-workflow", "run"],
    ["chat", "call.chatCompletion"],
  ];
  expect(asked.map(([query]) => [query, first(query)])).toEqual(asked);
});

test("all are there where nothing is searched, and none where nothing fits", () => {
  expect(fittingKinds(" ")).toEqual(PLAIN);
  expect(fittingKinds("order a book")).toEqual([]);
  expect(fittingKinds("!")).toEqual([]);
});
