import { beforeEach, expect, test, vi } from "vitest";
import * as api from "../api/endpoints";
import type { Definition } from "../api/types";
import { useDocument } from "../state/document";
import { openDefinition } from "./opening";

const read = (path: string): Definition => ({
  definition: `demo/${path}`,
  path,
  text: path,
  sha256: path,
  blocks: [],
  findings: [],
  to_fill_in: [],
  runnable: true,
});

beforeEach(() => {
  vi.stubGlobal("history", { replaceState: () => undefined });
  vi.spyOn(api, "readOutputs").mockResolvedValue({ outputs: {} } as never);
});

test("the definition that was asked for last is opened, though one before it comes later", async () => {
  let comes = (_: Definition) => {};
  vi.spyOn(api, "readDefinition").mockImplementation((path) =>
    path === "large" ? new Promise((resolve) => (comes = resolve)) : Promise.resolve(read(path)),
  );
  const first = openDefinition("large");
  await vi.waitFor(() => expect(api.readDefinition).toHaveBeenCalledTimes(1));
  await openDefinition("small");
  comes(read("large"));
  await first;
  expect(useDocument.getState().path).toBe("small");
});
