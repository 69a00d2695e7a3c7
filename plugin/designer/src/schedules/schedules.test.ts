import { expect, test } from "vitest";
import { inUnits } from "./ScheduleForm";

test.each([
  [45, 45, "seconds"],
  [900, 15, "minutes"],
  [5_400, 90, "minutes"],
  [86_400, 1, "days"],
  [0, 0, "minutes"],
])("%d seconds are %d %s", (seconds, count, unit) => {
  expect(inUnits(seconds)).toEqual({ count, unit });
});
