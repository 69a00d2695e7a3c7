import { expect, test } from "vitest";
import type { ConnectionState, ListedDefinition } from "../api/types";
import { blockOf } from "../state/testing";
import { EMPTY, headersOf, secretOf, withProvider } from "./ConnectionForm";
import { lackingOf, listed, notSetUp, tasksThatUse } from "./use";

const groq = {
  name: "groq",
  title: "Groq",
  base_url: "https://api.groq.com/openai/v1",
  example: null,
  secret: "GROQ_API_KEY",
};
const vllm = {
  name: "vllm",
  title: "vLLM",
  base_url: "http://localhost:8000/v1",
  example: null,
  secret: null,
};

test("a provider brings its name and its key with it, and takes them away again", () => {
  const chosen = withProvider(EMPTY, groq);
  expect(chosen).toMatchObject({ name: "groq", provider: "groq", authentication: "provider", base_url: "" });
  expect(withProvider(chosen, vllm)).toMatchObject({ name: "vllm", authentication: "none" });
  expect(withProvider(chosen, undefined)).toEqual(EMPTY);
});

test("a name that was written stays", () => {
  expect(withProvider({ ...EMPTY, name: "fast" }, groq).name).toBe("fast");
});

test("a secret that nobody named has the connection's name, where one is sent at all", () => {
  const bearer = { ...EMPTY, authentication: "bearer" as const };
  expect(secretOf({ ...bearer, name: "book-shop" })).toBe("BOOK_SHOP_KEY");
  expect(secretOf({ ...bearer, name: "book-shop", secret: "TOKEN" })).toBe("TOKEN");
  expect(secretOf(bearer)).toBe("MODEL_KEY");
  expect(secretOf({ ...EMPTY, name: "shop" })).toBe("");
});

test("headers are written a line each, with whatever stands behind the first colon", () => {
  expect(headersOf("X-Team: books\n\n  X-At:a: b  \nodd")).toEqual({
    "X-Team": "books",
    "X-At": "a: b",
    odd: "",
  });
});

test("what uses a connection is told of the files, and of the open one as it stands in the page", () => {
  const block = (name: string, connections: string[]) => blockOf(`/do/0/${name}`, { connections });
  const file = (path: string, connections: Record<string, string[]>) =>
    ({ path, connections }) as ListedDefinition;
  const files = [
    file("a.yaml", { shop: ["gone"] }),
    file("b.yaml", { shop: ["order", "look"], openai: ["ask"] }),
  ];
  const used = tasksThatUse("shop", files, "a.yaml", [block("now", ["shop"]), block("other", [])]);
  expect(listed(used)).toBe("now of a.yaml, order of b.yaml, look of b.yaml");
  expect(tasksThatUse("nobody", files, "a.yaml", [])).toEqual([]);
});

test("an openai that nothing uses lacks nothing, and one that is used is told at the block that uses it", () => {
  const block = (connections: string[]) => blockOf("/do/0/ask", { connections, start: 3, end: 9 });
  const openai = { name: "openai", ready: false, is_written: false, missing: ["KEY"] } as ConnectionState;
  const shop = { name: "shop", ready: false, is_written: true, missing: ["A", "B"] } as ConnectionState;
  expect(lackingOf([openai, shop], [], null, [])).toEqual([shop]);
  expect(lackingOf([openai], [], "a.yaml", [block(["openai"])])).toEqual([openai]);
  expect(notSetUp([block(["other"])], [openai])).toEqual([]);
  expect(notSetUp([block(["openai"])], [openai])).toMatchObject([
    {
      places: ["/do/0/ask/with/connection"],
      message: "Connection openai is not set up: KEY is missing.",
      start: 3,
    },
  ]);
});
