import { expect, test } from "vitest";
import { schemaOf } from "./shape";

test("a schema is made that the value fits", () => {
  expect(schemaOf({ id: 7, name: "a", price: 1.5, gone: null, tags: [] })).toEqual({
    type: "object",
    properties: {
      id: { type: "integer" },
      name: { type: "string" },
      price: { type: "number" },
      gone: { type: "null" },
      tags: { type: "array" },
    },
    required: ["id", "name", "price", "gone", "tags"],
  });
});

test("items of a list have one schema: what only some have is not required, what differs has all its types", () => {
  expect(
    schemaOf([
      { a: 1, b: "x", c: [1] },
      { a: 1.5, c: [] },
      { a: null, c: ["y"] },
    ]),
  ).toEqual({
    type: "array",
    items: {
      type: "object",
      properties: {
        a: { type: ["number", "null"] },
        b: { type: "string" },
        c: { type: "array", items: { type: ["integer", "string"] } },
      },
      required: ["a", "c"],
    },
  });
  expect(schemaOf([1, { a: 1 }, { b: 2 }])).toEqual({
    type: "array",
    items: {
      type: ["integer", "object"],
      properties: { a: { type: "integer" }, b: { type: "integer" } },
    },
  });
});
