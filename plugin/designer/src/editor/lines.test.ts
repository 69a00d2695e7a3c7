import { Text } from "@codemirror/state";
import { expect, test } from "vitest";
import { indentBehind, Lines, separatorOf } from "./lines";

test("lines end as the file's do, and CR is a character where not all of them do", () => {
  expect(separatorOf("a\r\nb\r\n")).toBe("\r\n");
  for (const text of ["", "a\nb", "a\r\nb\nc", "\na\r\n"]) expect(separatorOf(text)).toBe("\n");
});

test("what makes the editor's text that of a file leaves each line end as it is", () => {
  for (const [before, after] of [
    ["a\r\nb\r\nc", "a\r\nb\r\nnew\r\nc"],
    ["a\r\nb\nc", "a\r\nb\nnew\r\nc"],
    ["a\nb", "a\nnew\nb"],
  ] as const) {
    const lines = new Lines(before);
    const doc = Text.of(before.split(lines.separator));
    const change = lines.changes(doc, after);
    const changed = change ? doc.replace(change.from, change.to, change.insert) : doc;
    expect(changed.sliceString(0, changed.length, lines.separator)).toBe(after);
  }
});

test("a place of a file with CRLF is found in the editor, at and around each break", () => {
  const text = "a\r\nbc\r\n\r\nd";
  const lines = new Lines(text);
  const doc = text.replaceAll("\r\n", "\n");
  for (const offset of [0, 1, 3, 4, 5, 7, 9, 10])
    expect(doc.slice(0, lines.inEditor(text, offset))).toBe(text.slice(0, offset).replaceAll("\r\n", "\n"));
  expect(lines.inEditor("x\r\ny", 3)).toBe(2);
});

test("the line behind a key without a value is indented, and that behind a key in a list stands below the key", () => {
  const behind: [string, number][] = [
    ["do:", 2],
    ["  with:   # what is sent", 4],
    ["  - ask:", 6],
    ["  -", 4],
    ["  - role: user", 4],
    ["  - - a:", 8],
    ["  - plain", 2],
    ["  text: |", 4],
    ["  text: >-", 4],
    ["  a: 1", 2],
    ["  # as said:", 2],
    ["  url: https://x.example/a:", 4],
    ["", 0],
  ];
  for (const [line, indent] of behind) expect([line, indentBehind(line)]).toEqual([line, indent]);
});
