import { Text } from "@codemirror/state";
import { difference } from "../state/changes";

/** How the lines of a text end. Where some end in CRLF and some do not, CR is a character like any other. */
export const separatorOf = (text: string): "\n" | "\r\n" =>
  text.includes("\r\n") && !/(^|[^\r])\n/.test(text) ? "\r\n" : "\n";

/** CodeMirror counts a line break as one character; files with CRLF have two. */
export class Lines {
  readonly separator: "\n" | "\r\n";

  constructor(text: string) {
    this.separator = separatorOf(text);
  }

  /** An offset of the file's text, in the editor. */
  inEditor(text: string, offset: number): number {
    return this.separator === "\n" ? offset : offset - text.slice(0, offset).split("\r\n").length + 1;
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
