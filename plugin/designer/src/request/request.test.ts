import { expect, test } from "vitest";
import type { Json } from "../api/types";
import { asYaml } from "../catalog/yaml";
import { freeName } from "../state/blocks";
import { piecesOf } from "../ui/Prose";
import { roomFor } from "./ExpressionInput";
import { isJustBegun, untilTaken, useCursor, useFresh } from "./form";
import { isEvaluable, jqPath, withExpression, withoutEmpty } from "./insertion";
import { partAt, withPart } from "./local";
import { type MadeOf, partsOf } from "./madeOf";
import {
  addedOf,
  blankOf,
  branchesOf,
  branchLabel,
  branchOf,
  choicesOf,
  fewParameters,
  formsOf,
  found,
  innerFields,
  isOfNumbers,
  isSettled,
  namedItem,
  resolved,
  type Schema,
  widgetOf,
} from "./schema";
import { fieldAdded, isOfFields } from "./schemaFields";

test("an expression in which nothing was written is none", () => {
  expect(withoutEmpty("b1${  }")).toBe("b1");
  expect(withoutEmpty("${}")).toBe("");
  expect(withoutEmpty("$${} and ${ .a }")).toBe("$${} and ${ .a }");
});

test("an expression goes where the cursor is", () => {
  const withCursor = (...given: Parameters<typeof withExpression>) => {
    const { text, cursor } = withExpression(...given);
    return `${text.slice(0, cursor)}|${text.slice(cursor)}`;
  };
  expect(withCursor("Ticket : x", 7, 7, ".id")).toBe("Ticket ${ .id }|: x");
  expect(withCursor("/orders/id", 8, 10, ".id")).toBe("/orders/${ .id }|");
  expect(withCursor("${ .a } and ", 12, 12, ".b")).toBe("${ .a } and ${ .b }|");
  // where it is all of the text, one goes on in it
  expect(withCursor("", 0, 0, "$tasks.a")).toBe("${ $tasks.a| }");
  expect(withCursor("id", 0, 2, ".id")).toBe("${ .id| }");
  expect(withCursor("${  }", 3, 3, ".id")).toBe("${ .id| }");
  expect(withCursor("${ .a + }", 7, 7, ".b")).toBe("${ .a +.b| }");
  // and a second one that is picked stands behind it, not in it
  expect(withCursor("${ .a }", 5, 5, ".b")).toBe("${ .a }${ .b }|");
  // as does one that is dropped onto it
  expect(withCursor("for ${ $audience }: ", 12, 12, ".b")).toBe("for ${ $audience }${ .b }|: ");
  expect(withCursor("${ .a }", 3, 5, ".b")).toBe("${ .b| }");
});

/** A field as the page has it, as far as it is asked. */
function fieldCalled(name: string) {
  return { matches: () => true, getAttribute: () => name } as unknown as HTMLElement;
}

test("data go into no other field than the one that the cursor is in", () => {
  const taken: string[] = [];
  const pick = () => useCursor.getState().target?.take("$workflow.input.book");
  const book = { pointer: "/book", label: "book", take: (expression: string) => taken.push(expression) };
  const target = fieldCalled("book");
  untilTaken.onFocusCapture({ target });
  useCursor.getState().enter(book);
  untilTaken.onBlurCapture({ target });
  pick(); // a field that the cursor was in last takes it still, as from the keyboard
  expect(taken).toHaveLength(1);

  const other = fieldCalled("quantity"); // which does not say that it takes any
  untilTaken.onFocusCapture({ target: other });
  pick();
  expect(taken).toHaveLength(1);
  expect(useCursor.getState().refusing).toBe("quantity");
  useCursor.setState({ held: other });
  untilTaken.onBlurCapture({ target: other }); // the mouse is down on data: the cursor comes back
  expect(useCursor.getState().refusing).toBe("quantity");
  useCursor.setState({ held: null });
  untilTaken.onBlurCapture({ target: other });
  expect(useCursor.getState()).toMatchObject({ target: null, refusing: null });
});

test("a list of choices opens where it is seen", () => {
  const seen = { top: 100, bottom: 500 };
  expect(roomFor({ top: 120, bottom: 150 }, seen, 900)).toEqual({ isAbove: false, maxHeight: 240 });
  expect(roomFor({ top: 400, bottom: 430 }, seen, 50)).toEqual({ isAbove: false, maxHeight: 66 });
  expect(roomFor({ top: 400, bottom: 430 }, seen, 200)).toEqual({ isAbove: true, maxHeight: 240 });
  // of little room on both sides it takes the greater, as high as that is
  expect(roomFor({ top: 190, bottom: 220 }, { top: 100, bottom: 290 }, 200)).toEqual({
    isAbove: true,
    maxHeight: 86,
  });
});

test("a text is evaluated as a whole, once all of its expressions have their end", () => {
  expect(isEvaluable('a ${ .a } b ${ {x: "}"} | .x } c')).toBe(true);
  expect(isEvaluable("${ .a } and ${ .b")).toBe(false);
  expect(isEvaluable("${ .a } and ${ }")).toBe(false);
  expect(isEvaluable("$${ .a } is no expression")).toBe(false);
  expect(isEvaluable("$${ x } ${ .a }")).toBe(true);
});

test("an address is made of its variables, and written anew with another", () => {
  const made: MadeOf = { kind: "path", template: "/shops/{shop}/orders/{id}", schema: {} };
  const text = 'https://x.example/v1/shops/${ {a: "}/"} | .a }/orders/a%2Fb?x=1';
  const parts = partsOf(made, text);
  expect(parts?.values).toEqual({ shop: '${ {a: "}/"} | .a }', id: "a/b" });
  expect(parts?.with("id", "7 8")).toBe(text.replace("a%2Fb", "7%208"));
  expect(parts?.with("shop", "{shop}")).toBe("https://x.example/v1/shops/{shop}/orders/a%2Fb?x=1");
  expect(partsOf(made, "/shops/1/orders")).toBeNull();
  const range: MadeOf = { kind: "path", template: "/days/{from}-{to}", schema: {} };
  expect(partsOf(range, "/days/1-2")?.values).toEqual({ from: "1", to: "2" });
  const endless = { ...range, template: `/days/${"{a}-".repeat(12)}` };
  expect(partsOf(endless, `/days/${"-".repeat(4000)}x`)).toBeNull();
  expect(partsOf(made, "/shops//orders/")?.values).toEqual({ shop: "", id: "" });
});

test("cookies are parts of their header", () => {
  const parts = partsOf({ kind: "cookie", schema: {} }, 'a=1; b=${ ";=" }; c');
  expect(parts?.values).toEqual({ a: "1", b: '${ ";=" }', c: "" });
  expect(parts?.with("a", undefined)).toBe('b=${ ";=" }; c=');
  expect(parts?.with("d", "2")).toBe('a=1; b=${ ";=" }; c=; d=2');
  expect(partsOf({ kind: "cookie", schema: {} }, "")?.with("d", "2")).toBe("d=2");
});

test("paths of jq", () => {
  expect(jqPath(["json", "items", 0, "first name"])).toBe('.json.items[0]["first name"]');
  expect(jqPath([])).toBe("");
});

test("parts of a value are set, made and taken out", () => {
  expect(withPart({}, "/a/b", 1)).toEqual({ a: { b: 1 } });
  expect(withPart({ a: [1] }, "/a/-", 2)).toEqual({ a: [1, 2] });
  expect(withPart({}, "/a/-", 1)).toEqual({ a: [1] });
  expect(withPart({ a: "" }, "/a/-", 1)).toEqual({ a: [1] });
  expect(withPart({ a: [1, 2, 3] }, "/a/1", undefined)).toEqual({ a: [1, 3] });
  expect(withPart({ "a/b": 1, c: 2 }, "/a~1b", undefined)).toEqual({ c: 2 });
  expect(withPart({ a: [1] }, "/a/-", 2)).toEqual({ a: [1, 2] });
  expect(partAt({ a: [{ "b/c": 1 }] }, "/a/0/b~1c")).toBe(1);
  expect(partAt({ a: 1 }, "/a/b")).toBeUndefined();
});

const root: Schema = {
  $defs: {
    cat: {
      type: "object",
      required: ["kind"],
      properties: { kind: { const: "cat" }, lives: { type: "integer" } },
    },
    dog: {
      type: "object",
      required: ["kind"],
      properties: { kind: { const: "dog" }, tricks: { type: "array" } },
    },
    pet: { oneOf: [{ $ref: "#/$defs/cat" }, { $ref: "#/$defs/dog" }] },
  },
};

test("the branch of a union is the one that a value fits", () => {
  const branches = branchesOf(root.$defs?.pet ?? {}, root);
  expect(branchOf(branches, { kind: "dog", tricks: [] }, root)).toBe(1);
  expect(branchOf(branches, { kind: "cat" }, root)).toBe(0);
  const text = branchesOf(
    { oneOf: [{ type: "string" }, { type: "array", items: {} }, { type: "null" }] },
    root,
  );
  expect(branchOf(text, ["a"], root)).toBe(1);
  expect(text.length).toBe(2);
});

test("a value that may be an expression or null is edited as what it is else", () => {
  const schema: Schema = {
    anyOf: [{ type: "integer" }, { type: "null" }, { type: "string", pattern: "\\$\\{" }],
  };
  expect(widgetOf(resolved(schema, root), root, "n")).toBe("number");
  const body: Schema = {
    description: "d",
    anyOf: [{ $ref: "#/$defs/cat" }, { type: "string", pattern: "\\$\\{" }],
  };
  expect(resolved(body, root)).toMatchObject({ description: "d", type: "object", required: ["kind"] });
});

test("forms that one field tells apart are a union, and a type that nobody knows yet is one of them", () => {
  const known = (type: string, then: Schema) => ({ if: { properties: { type: { const: type } } }, then });
  const open: Schema = { anyOf: [{ enum: ["text", "form"] }, { type: "string" }] };
  const tagged = (type: Schema): Schema => ({
    type: "object",
    properties: { type },
    required: ["type"],
    allOf: [
      known("text", { type: "object", properties: {} }),
      known("form", { type: "object", properties: { form: { type: "string" } }, required: ["form"] }),
    ],
  });
  expect(widgetOf(open, root, "type")).toBe("text");
  expect(choicesOf(open, root)).toEqual(["text", "form"]);
  const forms = branchesOf(resolved(tagged(open), root), root);
  expect(forms.map(branchLabel)).toEqual(["text", "form", "another type"]);
  expect(forms.map((form) => blankOf(form, root))).toEqual([
    { type: "text" },
    { type: "form", form: "" },
    { type: "" },
  ]);
  expect(branchOf(forms, { type: "form" }, root)).toBe(1);
  expect(branchOf(forms, { type: "text" }, root)).toBe(0);
  expect(branchOf(forms, { type: "newer", form: "" }, root)).toBe(2);
  const closed = resolved(tagged({ enum: ["text", "form"] }), root);
  expect(branchesOf(closed, root).map(branchLabel)).toEqual(["text", "form"]);
  expect(widgetOf(closed, root, "a")).toBe("union");
  expect(isSettled(forms[1]?.properties?.type ?? {}, "form")).toBe(true);
  expect(branchLabel({ enum: ["none", "auto"] }, 0)).toBe("none, auto");
});

test("a field is added to a schema, which is made for the first, and said to be required", () => {
  const place = { pointer: "/input/schema/document", schema: null };
  expect(fieldAdded(place, "author", "string", true)).toEqual([
    {
      op: "set",
      pointer: "/input/schema/document",
      value: { type: "object", properties: { author: { type: "string" } }, required: ["author"] },
    },
  ]);
  const schema = { type: "object", properties: { author: { type: "string" } }, required: ["author"] };
  expect(fieldAdded({ ...place, schema }, "a/b", "array", true)).toEqual([
    {
      op: "set",
      pointer: "/input/schema/document/properties/a~1b",
      value: { type: "array", items: { type: "string" } },
    },
    { op: "set", pointer: "/input/schema/document/required", value: ["author", "a/b"] },
  ]);
  expect(fieldAdded({ ...place, schema }, "note", "string", false)).toHaveLength(1);
  expect(isOfFields({})).toBe(true);
  expect(isOfFields({ type: "object", properties: {} })).toBe(true);
  expect(isOfFields({ type: "object", oneOf: [] })).toBe(false);
  expect(isOfFields({ $ref: "a.json" })).toBe(false);
  expect(widgetOf({ type: "object", "x-json-schema": true }, root, "schema")).toBe("schema");
});

test("a text that names something is one of the forms, called so", () => {
  const retry: Schema = { anyOf: [{ $ref: "#/$defs/cat" }, { type: "string" }], "x-names": "retries" };
  const forms = formsOf(retry, root);
  expect(forms.map(branchLabel)).toEqual(["cat", "name of one under use.retries"]);
  expect(forms.map((form) => form["x-names"])).toEqual([undefined, "retries"]);
});

test("a field is found by its name, and by what it is for", () => {
  const field = (label: string, about = "") => ({ label, about });
  const fields = [
    field("top_p", "Share of the likeliest"),
    field("stop"),
    field("max_tokens", "Most tokens; top"),
  ];
  const names = (query: string) => found(fields, query).map((one) => one.label);
  expect(names("TOP")).toEqual(["top_p", "stop", "max_tokens"]);
  expect(names("likeliest ")).toEqual(["top_p"]);
  expect(names("")).toEqual(["top_p", "stop", "max_tokens"]);
  expect(names("zz")).toEqual([]);
});

test("a field within a field is found by its names, while it is not given", () => {
  const text = { type: "string" };
  const query = { type: "object", properties: { author: text, limit: { type: "integer" } } };
  const order = {
    type: "object",
    properties: { gift: { type: "object", properties: { note: text } }, do: { "x-tasks": true } },
  };
  const schema: Schema = { properties: { path: text, query, body: order } };
  const paths = (value: Json) => innerFields(schema, value, {}).map(({ path }) => path.join("."));
  expect(paths({})).toEqual(["query.author", "query.limit", "body.gift", "body.gift.note"]);
  expect(paths({ query: { author: "" }, body: "${ . }" })).toEqual(["query.limit"]);
  expect(paths({ body: { gift: {} }, query: {} })).toEqual(["query.author", "query.limit", "body.gift.note"]);
  const endless: Schema = { $defs: { tree: { properties: { tree: { $ref: "#/$defs/tree" } } } } };
  const tree = { properties: { tree: { $ref: "#/$defs/tree" } } };
  expect(innerFields(tree, {}, endless).map(({ path }) => path.length)).toEqual([2, 3]);
});

test("what a value is edited with", () => {
  expect(widgetOf({ type: "array", items: {} }, root, "messages")).toBe("messages");
  expect(widgetOf({ type: "object", additionalProperties: { type: "string" } }, root, "headers")).toBe("map");
  expect(widgetOf(root.$defs?.pet ?? {}, root, "pet")).toBe("union");
  expect(widgetOf({ type: ["string", "null"] }, root, "a")).toBe("text");
  expect(widgetOf({ enum: ["a", "b"] }, root, "a")).toBe("choice");
  expect(widgetOf({}, root, "a")).toBe("any");
});

test("one of several fields, items with a name each, nothing, and a few numbers have their own ways", () => {
  const backoff: Schema = {
    type: "object",
    maxProperties: 1,
    properties: {
      linear: { type: "object", properties: {}, additionalProperties: false },
      constant: { type: "object" },
    },
  };
  expect(widgetOf(backoff, root, "backoff")).toBe("one");
  expect(blankOf(backoff, root)).toEqual({ linear: {} });
  expect(widgetOf(backoff.properties?.linear ?? {}, root, "linear")).toBe("none");
  const cases: Schema = {
    type: "array",
    items: { type: "object", maxProperties: 1, additionalProperties: { $ref: "#/$defs/cat" } },
  };
  expect(widgetOf(cases, root, "switch")).toBe("named");
  expect(namedItem(cases, root)).toEqual({ $ref: "#/$defs/cat" });
  expect(widgetOf({ type: "array", items: { type: "object" } }, root, "switch")).toBe("array");
  const numbers: Schema = {
    additionalProperties: false,
    properties: { minutes: { type: "integer" }, seconds: { type: "integer" } },
  };
  expect(isOfNumbers(numbers)).toBe(true);
  expect(isOfNumbers({ ...numbers, additionalProperties: true })).toBe(false);
});

test("a field begins with what its schema needs", () => {
  expect(blankOf({ $ref: "#/$defs/cat" }, root)).toEqual({ kind: "cat" });
  expect(blankOf({ type: "integer", default: 3 }, root)).toBe(3);
  expect(addedOf({ anyOf: [{ type: "boolean" }, { type: "null" }] }, root)).toBe(true);
  expect(addedOf({ type: "boolean", default: true }, root)).toBe(false);
});

test("a number begins within the bounds of its schema", () => {
  const begun = (bounds: Schema) => blankOf({ type: "number", ...bounds }, root);
  expect(begun({})).toBe(0);
  expect(begun({ minimum: 3 })).toBe(3);
  expect(begun({ exclusiveMinimum: 0 })).toBe(1);
  expect(begun({ exclusiveMinimum: 0, exclusiveMaximum: 1 })).toBe(0.5);
  expect(begun({ exclusiveMinimum: 0.5, maximum: 0.75 })).toBe(0.75);
  expect(begun({ maximum: -2 })).toBe(-2);
  expect(begun({ exclusiveMaximum: 0 })).toBe(-1);
});

test("a schema that refers to itself ends", () => {
  const endless: Schema = { $defs: { a: { $ref: "#/$defs/a" }, b: { allOf: [{ $ref: "#/$defs/b" }] } } };
  expect(blankOf({ $ref: "#/$defs/a" }, endless)).toBe("");
  expect(blankOf({ $ref: "#/$defs/b" }, endless)).toBe("");
});

test("a preview in YAML", () => {
  expect(
    asYaml({
      ask: { call: "chatCompletion", with: { messages: [{ role: "user", content: "Hi: you" }], n: 1 } },
    }),
  ).toBe(
    'ask: \n  call: chatCompletion\n  with: \n    messages: \n      - role: user\n        content: "Hi: you"\n    n: 1',
  );
});

test("a name that no other task has", () => {
  expect(freeName("ask", ["ask", "ask2"])).toBe("ask3");
  expect(freeName("ask", [])).toBe("ask");
});

test("what stands in backticks is code, and nothing else is markup", () => {
  expect(piecesOf("unknown field `temprature`: <b>no</b>")).toEqual([
    { text: "unknown field ", isCode: false },
    { text: "temprature", isCode: true },
    { text: ": <b>no</b>", isCode: false },
  ]);
  expect(piecesOf("a ` alone")).toEqual([{ text: "a ` alone", isCode: false }]);
});

test("what was just begun is no fault before its field is left, and what is left stays one", () => {
  const { begin, leave } = useFresh.getState();
  const isFresh = (pointer: string, value: Json = "") => isJustBegun(useFresh.getState(), pointer, value);
  begin("/do/0/a/with/response_format");
  const name = "/do/0/a/with/response_format/json_schema/name";
  expect([isFresh(name), isFresh(name, "x"), isFresh("/do/0/a/with/response_format2")]).toEqual([
    true,
    false,
    false,
  ]);
  leave(name);
  leave("/do/0/a/with/model");
  expect(isFresh(name)).toBe(false);
  expect(useFresh.getState().left).toEqual([name]);
  const other = "/do/0/a/with/response_format/json_schema/schema";
  begin(other);
  expect([isFresh(name), isFresh(other)]).toEqual([false, true]);
  begin("/do/0/a/with/response_format");
  expect(isFresh(name)).toBe(true);
  useFresh.getState().end();
  expect(isFresh(name)).toBe(false);
});

test("query parameters that an operation may be given are shown where they are few", () => {
  const parameters = (count: number, required: string[] = []): Schema => ({
    properties: {
      with: {
        $ref: "#/$defs/Arguments",
        properties: {
          query: {
            type: "object",
            properties: Object.fromEntries(Array.from({ length: count }, (_, at) => [`p${at}`, {}])),
            required,
          },
        },
      },
    },
  });
  expect(fewParameters(parameters(2), {})).toEqual(["p0", "p1"]);
  expect(fewParameters(parameters(7), {})).toEqual([]);
  expect(fewParameters(parameters(7, ["p3"]), {})).toHaveLength(7);
  expect(fewParameters({ properties: { with: { type: "object" } } }, {})).toEqual([]);
});
