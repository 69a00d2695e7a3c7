import { expect, test } from "vitest";
import { eventTaker } from "./client";

const events =
  'event: a\ndata: {"n":1}\n\n: still here\n\nevent: b\r\ndata: {"n":\r\ndata: 2}\r\n\r\nevent: c\ndata: 3\n\n';
const told = [
  { event: "a", data: { n: 1 } },
  { event: "b", data: { n: 2 } },
  { event: "c", data: 3 },
];

test("events are whole, however their text comes", () => {
  for (const length of [1, 2, 3, 5, 17, events.length]) {
    const take = eventTaker();
    const found = [];
    for (let at = 0; at < events.length; at += length) found.push(...take(events.slice(at, at + length)));
    expect(found).toEqual(told);
  }
});
