import { expect, test } from "vitest";
import type { FoundOperation } from "../api/types";
import { PLAIN } from "./plain";
import { entriesOf, fittingKinds, hasAll, LAST_RESORT } from "./ranking";

const first = (query: string) => fittingKinds(query)[0]?.kind;

test("where no kind has all that is searched, another API is offered", () => {
  expect(fittingKinds("marked up")).toEqual([]);
  const all = (query: string) => hasAll(fittingKinds(query), query);
  expect(all("loop over items")).toBe(true);
  expect(all("wait for approval")).toBe(true);
  expect(all("marked up")).toBe(false);
  expect(all("post invoices to stripe")).toBe(false);
});

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
    ["loop over items", "for"],
    ["repeat for every element", "for"],
    ["do something for every row", "for"],
    ["delay 5 minutes", "wait"],
    ["wait until tomorrow", "wait"],
    ["in parallel", "fork"],
    ["run two tasks in parallel", "fork"],
    ["call a webhook", "call.httpRequest"],
    ["call rest api", "call.httpRequest"],
    ["send an email", "call.httpRequest"],
    ["classify a ticket", "call.chatCompletion"],
    ["translate a text", "call.chatCompletion"],
    ["summarizing emails with ai", "call.chatCompletion"],
    ["wait for human approval", "listen"],
    ["handle errors", "try"],
  ];
  expect(asked.map(([query]) => [query, first(query)])).toEqual(asked);
});

test("all are there where nothing is searched, and none where nothing fits", () => {
  expect(fittingKinds(" ")).toEqual(PLAIN);
  expect(fittingKinds("order a book")).toEqual([]);
  expect(fittingKinds("!")).toEqual([]);
});

const operation = (name: string, found_by: Record<string, string>): FoundOperation => ({
  name,
  found_by,
  method: "get",
  path: "/",
  summary: "",
  deprecated: false,
});

const firstOf = (operations: FoundOperation[], query: string) => {
  const [entry] = entriesOf(operations, fittingKinds(query), query);
  return entry?.operation?.name ?? entry?.plain?.kind;
};

test("an operation of an API comes first where it has as much of what is searched as a kind of task", () => {
  const search = operation("shop.search", { find: "find", books: "books", writer: "author" });
  const books = operation("shop.books", { books: "books" });
  expect(firstOf([books, search], "find books by writer")).toBe("shop.books");
  expect(firstOf([operation("shop.items", { list: "list", items: "items" })], "list items")).toBe(
    "shop.items",
  );
  expect(firstOf([operation("mail.send", { send: "send", email: "email" })], "send an email")).toBe(
    "mail.send",
  );
});

test("a kind of task comes first where operations are near to it, or have less of it", () => {
  expect(firstOf([operation("shop.look", { loop: "look" })], "loop")).toBe("for");
  expect(firstOf([operation("shop.items", { items: "items" })], "loop over items")).toBe("for");
});

test("a request and a question to a model are the last resort", () => {
  expect(LAST_RESORT.map((one) => one.kind)).toEqual(["call.httpRequest", "call.chatCompletion"]);
});
