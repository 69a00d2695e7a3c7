import { expect, test } from "vitest";
import { toldDuration, toldStart, toldTime } from "./time";

test("a moment is told by its time today, and with its date on another day", () => {
  const today = new Date(2026, 10, 30, 23, 0, 0);
  expect(toldTime(new Date(2026, 10, 30, 4, 5, 6).getTime(), today)).toBe("04:05:06");
  expect(toldTime(new Date(2026, 10, 29, 23, 59, 59).toISOString(), today)).toBe("2026-11-29 23:59:59");
});

test("a start is told with its day", () => {
  const now = new Date(2026, 10, 30, 23, 0, 0);
  const at = (...parts: [number, number, number, number, number, number?]) =>
    toldStart(new Date(...parts).getTime(), now);
  expect(at(2026, 10, 30, 23, 30)).toBe("today 23:30");
  expect(at(2026, 11, 1, 9, 0)).toBe("tomorrow 09:00");
  expect(at(2026, 11, 7, 9, 0, 5)).toBe("Mon 2026-12-07 09:00:05");
  expect(at(2026, 10, 29, 0, 0)).toBe("yesterday 00:00");
});

test.each([
  [0, "0 ms"],
  [4.24, "4.2 ms"],
  [9.96, "10 ms"],
  [999.6, "1.0 s"],
  [1_540, "1.5 s"],
  [59_960, "1 min 0 s"],
  [125_400, "2 min 5 s"],
  [-3, "0 ms"],
])("%d ms are told as %s", (milliseconds, told) => {
  expect(toldDuration(milliseconds)).toBe(told);
});
