import { expect, test } from "vitest";
import { inSight } from "./Timeline";

test("of many tasks those in sight are in the page, with some around them", () => {
  expect(inSight(0, 10, 500)).toEqual({ first: 0, last: 18 });
  expect(inSight(100, 10, 500)).toEqual({ first: 92, last: 118 });
  expect(inSight(490, 10, 500)).toEqual({ first: 482, last: 500 });
  expect(inSight(0, 10, 3)).toEqual({ first: 0, last: 3 });
  expect(inSight(490, 10, 12)).toEqual({ first: 0, last: 12 });
});
