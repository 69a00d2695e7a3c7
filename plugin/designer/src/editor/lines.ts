import { Text } from "@codemirror/state";
import { difference } from "../state/changes";

/** How the lines of a text end. Where some end in CRLF and some do not, CR is a character like any other. */
export const separatorOf = (text: string): "\n" | "\r\n" =>
  text.includes("\r\n") && !/(^|[^\r])\n/.test(text) ? "\r\n" : "\n";

/** CodeMirror counts a line break as one character; files with CRLF have two. */
export class Lines {
  readonly separator: "\n" | "\r\n";
  #text = "";
  #breaks: number[] = [];

  constructor(text: string) {
    this.separator = separatorOf(text);
  }

  /** An offset of the file's text, in the editor. */
  inEditor(text: string, offset: number): number {
    if (this.separator === "\n") return offset;
    const breaks = this.#breaksOf(text);
    let low = 0;
    let high = breaks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((breaks[middle] ?? 0) + 2 <= offset) low = middle + 1;
      else high = middle;
    }
    return offset - low;
  }

  /** Where the lines of a text break; for all findings of one text it is looked through once. */
  #breaksOf(text: string): number[] {
    if (text !== this.#text) {
      this.#text = text;
      this.#breaks = [...text.matchAll(/\r\n/g)].map((found) => found.index);
    }
    return this.#breaks;
  }

  /** A place of the editor, in the file's text. */
  inFile(doc: Text, offset: number): number {
    return this.separator === "\n" ? offset : offset + doc.lineAt(offset).number - 1;
  }

  /** What makes the editor's text that of the file. */
  changes(doc: Text, text: string) {
    const found = difference(doc.toString(), this.separator === "\n" ? text : text.replaceAll("\r\n", "\n"));
    return found && { ...found, insert: Text.of(found.insert.split("\n")) };
  }
}

const INDENT = 2;
const PARTS = /^( *)((?:-(?: +|$))*)(.*)$/;
const KEY = /^(?:[^\s"'{[#&*!|>]|"[^"]*"|'[^']*')[^#]*?:(?: |$)/;
const BLOCK_TEXT = /(?:^|: )[|>][-+\d]*$/;

/**
 * How far the line behind one of YAML is indented: below a key that has no value yet its content, and below a key of a
 * list item the next one.
 */
export function indentBehind(line: string): number {
  const [, spaces = "", dashes = "", written = ""] = PARTS.exec(line) ?? [];
  const content = written.replace(/(?:^|\s+)#.*$/, "").trimEnd();
  const column = spaces.length + (dashes ? `${dashes.trimEnd()} `.length : 0);
  if (BLOCK_TEXT.test(content) || (content.endsWith(":") && KEY.test(content))) return column + INDENT;
  return content === "" || KEY.test(content) ? column : spaces.length;
}
