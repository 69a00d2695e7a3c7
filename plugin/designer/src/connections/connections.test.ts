import { expect, test } from "vitest";
import type { NewConnection } from "../api/types";
import { withProvider } from "./NewConnection";

const EMPTY: NewConnection = {
  name: "",
  provider: null,
  base_url: "",
  authentication: "none",
  header: "X-Api-Key",
  secret: "",
  allow_private: false,
};
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
