import { expect, test } from "vitest";
import { toldTime } from "./time";

test("a moment is told by its time today, and with its date on another day", () => {
  const today = new Date(2026, 10, 30, 23, 0, 0);
  expect(toldTime(new Date(2026, 10, 30, 4, 5, 6).getTime(), today)).toBe("04:05:06");
  expect(toldTime(new Date(2026, 10, 29, 23, 59, 59).toISOString(), today)).toBe("2026-11-29 23:59:59");
});
