import { Fragment } from "react";
import { Problem } from "../api/client";

export interface Piece {
  text: string;
  isCode: boolean;
}

/** A text as it is written in documents and faults: what stands in backticks is code. Nothing else of it is markup. */
export function piecesOf(text: string): Piece[] {
  return text
    .split(/`([^`\n]+)`/)
    .map((part, index) => ({ text: part, isCode: index % 2 === 1 }))
    .filter((piece) => piece.text !== "");
}

/** The same where no code can be shown as such. */
export const plainText = (text: string) => text.replaceAll("`", "");

export function Prose({ text }: { text: string }) {
  return piecesOf(text).map((piece, index) =>
    piece.isCode ? <code key={index}>{piece.text}</code> : <Fragment key={index}>{piece.text}</Fragment>,
  );
}

/** What is wrong, and what to do about it. */
export function Told({ message, hint }: { message: string; hint?: string | null | undefined }) {
  return (
    <>
      <Prose text={message} />
      {hint && (
        <small className="hint">
          {" "}
          <Prose text={hint} />
        </small>
      )}
    </>
  );
}

/** Marks data that no server ever gave. */
export const Simulated = () => <span className="badge simulated">from a simulated answer</span>;

/** What came of something that was asked for in vain, at the place where it was asked for. */
export function Refused({ error }: { error: Error }) {
  return (
    <p className="field-fault error" role="alert">
      <Told message={error.message} hint={error instanceof Problem ? error.hint : null} />
    </p>
  );
}

/** The first sentence of a text, and the rest. */
export function splitSentence(text: string): [string, string] {
  const end = /[.!?](?=\s)|\n\n/.exec(text);
  return end ? [text.slice(0, end.index + 1).trim(), text.slice(end.index + 1).trim()] : [text.trim(), ""];
}
