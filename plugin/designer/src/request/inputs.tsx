import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import type { Json } from "../api/types";
import { ExpressionInput } from "./ExpressionInput";
import { type Suggestions, useCursor, useForm } from "./form";

interface Common {
  id: string;
  value: Json | undefined;
  commit(value: Json): void;
}

/** A text that is written into the definition once one is done with it. */
function useDraft(value: string, commit: (text: string) => unknown) {
  const { expressions } = useForm();
  const [draft, setDraft] = useState(value);
  const former = useRef(value);
  const writing = useRef(false);
  useEffect(() => {
    const before = former.current;
    former.current = value;
    setDraft((written) => (writing.current && written !== before ? written : value)); // what is being written stays
  }, [value]);
  return {
    value: draft,
    "data-clean": expressions && draft === value,
    onChange: (event: { target: { value: string } }) => {
      writing.current = true;
      setDraft(event.target.value);
    },
    onBlur: (event: { target: EventTarget }) => {
      if (useCursor.getState().held === event.target) return;
      writing.current = false;
      if (draft !== value) commit(draft);
    },
    onKeyDown: (event: KeyboardEvent<HTMLInputElement | HTMLTextAreaElement>) => {
      if (event.key !== "Enter" || event.shiftKey || event.ctrlKey || event.metaKey) return;
      writing.current = false;
      commit(draft);
      event.preventDefault();
      if (!expressions) event.currentTarget.form?.requestSubmit(); // which takes the value again, as it is left
    },
  };
}

interface TextProps extends Common {
  label: string;
  pointer: string;
  placeholder?: string;
  suggestions?: Suggestions | undefined;
  prose?: boolean;
  /** Whether an expression can stand there. */
  takes?: boolean;
}

/** Text; in a definition with expressions in it. */
export function TextInput(props: TextProps) {
  const {
    id,
    label,
    pointer,
    value,
    commit,
    placeholder = "",
    suggestions,
    prose = false,
    takes = true,
  } = props;
  const { expressions } = useForm();
  const text = value === undefined || value === null ? "" : String(value);
  const draft = useDraft(text, commit);
  if (expressions)
    return (
      <ExpressionInput
        {...{ id, label, pointer, commit, placeholder, prose, suggestions, takes }}
        value={text}
      />
    );
  return <input id={id} className="field-input" placeholder={placeholder} {...draft} />;
}

/** The name of something, which is never empty; it is told as what it names. */
export function NameInput({ value, commit }: { value: string; commit(name: string): void }) {
  const id = useId();
  const draft = useDraft(value, (text) => text.trim() && text !== value && commit(text.trim()));
  return (
    <>
      <label className="sr" htmlFor={id}>
        {`name of ${value}`}
      </label>
      <input id={id} className="field-input mono" {...draft} />
    </>
  );
}

/** A number, or an expression that gives one; where it may be left out, with what holds then. */
export function NumberInput({ id, value, commit, empty }: Common & { empty?: string | undefined }) {
  const { expressions } = useForm();
  const [refused, setRefused] = useState<string | null>(null);
  const draft = useDraft(value === undefined ? "" : String(value), (text) => {
    const given = text.trim();
    setRefused(null);
    if (given === "" && empty !== undefined) commit("");
    else if (given !== "" && Number.isFinite(Number(given))) commit(Number(given));
    else if (expressions && given.startsWith("${")) commit(given);
    else setRefused(text);
  });
  const faulty = refused === draft.value;
  return (
    <>
      <input
        id={id}
        className="field-input"
        inputMode="decimal"
        placeholder={empty}
        aria-invalid={faulty}
        {...draft}
      />
      {faulty && (
        <p className="field-fault error" role="alert">
          {refused.trim() ? `“${refused}” is no number` : "a number is needed here"}: nothing was changed
        </p>
      )}
    </>
  );
}

export function ChoiceInput({ id, choices, value, commit }: Common & { choices: Json[] }) {
  const known = value === undefined ? -1 : choices.indexOf(value);
  return (
    <select
      id={id}
      className="field-input"
      value={known}
      onChange={(event) => commit(choices[Number(event.target.value)] ?? null)}
    >
      {known < 0 && <option value={-1}>{value === undefined ? "choose …" : String(value)}</option>}
      {choices.map((choice, index) => (
        <option key={String(choice)} value={index}>
          {String(choice)}
        </option>
      ))}
    </select>
  );
}

/** Anything, as JSON; text that is none is taken as text. */
export function JsonInput({ id, value, commit }: Common) {
  const [fault, setFault] = useState<string | null>(null);
  const text = value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value, null, 2);
  const draft = useDraft(text, (next) => {
    const looksLikeJson = /^\s*[[{"]|^\s*(-?\d|true\b|false\b|null\b)/.test(next);
    try {
      commit(looksLikeJson ? (JSON.parse(next) as Json) : next);
      setFault(null);
    } catch (error) {
      setFault(`not JSON: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
  const { onKeyDown, ...rest } = draft;
  const goesOn = /^\s*[[{]|\n/.test(draft.value); // a list or an object has lines
  return (
    <>
      <textarea
        id={id}
        className="field-input mono"
        spellCheck={false}
        rows={Math.min(14, draft.value.split("\n").length)}
        aria-invalid={fault !== null}
        {...rest}
        onKeyDown={(event) => !goesOn && onKeyDown(event)}
      />
      {fault && <p className="field-fault error">{fault}</p>}
    </>
  );
}
