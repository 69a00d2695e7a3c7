import { beforeEach, expect, test } from "vitest";
import type { Finding } from "../api/types";
import { useLayout } from "../app/layout";
import { useDocument } from "../state/document";
import { goToFault, isWrittenElsewhere } from "./acts";

const finding = (pointer: string, ...places: string[]) =>
  ({ pointer, places: places.length ? places : [pointer], start: 40, code: "c", message: "m" }) as Finding;

beforeEach(() => {
  useLayout.setState({ pane: "text", entering: null, revealing: null, panel: null });
  useDocument.setState({ selected: null });
});

test("what is wrong in a function leads to the field of the task that calls it, and the text shows where it is", () => {
  const fault = finding(
    "/use/functions/twice/with/a",
    "/do/1/x/call/twice/with/a",
    "/do/2/y/call/twice/with/a",
  );
  goToFault(fault, "/do/2/y/call/twice");
  expect(useDocument.getState().selected).toBe("/do/2/y/call/twice");
  const { pane, entering, revealing } = useLayout.getState();
  expect([pane, entering]).toEqual(["task", "/do/2/y/call/twice/with/a"]);
  expect(revealing).toEqual({ offset: 40, focus: false });
  expect(isWrittenElsewhere(fault, "/do/2/y/call/twice")).toBe(true);
});

test("what a task only names, and what no task has, is shown in the text", () => {
  const retry = finding("/use/retries/often/limit", "/do/0/guard/catch/retry");
  for (const [fault, block] of [
    [retry, "/do/0/guard"],
    [finding("/input/schema/document"), null],
  ] as const) {
    useLayout.setState({ pane: "task", revealing: null });
    goToFault(fault, block);
    const { pane, entering, revealing, panel } = useLayout.getState();
    expect([pane, entering, panel]).toEqual(["text", null, null]);
    expect(revealing).toEqual({ offset: 40, focus: true });
  }
});

test("what is wrong in a schedule leads to its form", () => {
  goToFault(finding("/schedule/cron"), null);
  expect(useLayout.getState().panel).toBe("schedules");
});

test("a fault of the block itself needs no line", () => {
  expect(isWrittenElsewhere(finding("/do/1/last/set/a"), "/do/1/last")).toBe(false);
});
