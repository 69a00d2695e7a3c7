import { useMemo, useRef, useState } from "react";
import { flushSync } from "react-dom";
import type { Problem } from "../api/client";
import type { InputFault, InputForm, Json } from "../api/types";
import { Field } from "../request/Field";
import { type Fault, Form, suggestNothing } from "../request/form";
import { withPart } from "../request/local";
import { blankOf, type Schema } from "../request/schema";
import { sameJson, sampleOf } from "../testrequest/data";

/** An input of runs while it is being given. */
export interface GivenInput {
  schema: Schema;
  /** Whether the definition tells what it takes. */
  told: boolean;
  input: Json;
  /** It as it is by now, for who does not wait until it is drawn. */
  now(): Json;
  change(pointer: string, value: Json | undefined): Promise<boolean>;
}

/** Begins with the latest input of a definition, or with a blank one of its schema. */
export function useGivenInput(path: string | null, form: InputForm): GivenInput {
  const schema = (form.schema ?? {}) as Schema;
  const [input, setInput] = useState<Json>(() => {
    const blank = blankOf(schema, schema);
    return sampleOf(path).input ?? (blank === "" ? {} : blank);
  });
  const latest = useRef(input);
  const change = (pointer: string, value: Json | undefined) => {
    latest.current = withPart(latest.current, pointer, value) ?? null;
    setInput(latest.current);
    return Promise.resolve(true);
  };
  return { schema, told: form.schema !== null, input, now: () => latest.current, change };
}

/** The input of a run: by a form where the definition tells its schema, else as JSON. */
export function InputFields({ given, faults }: { given: GivenInput; faults: Fault[] }) {
  const { schema, told, input, change } = given;
  const [isGiven] = useState(() => !sameJson(input, {}));
  const latest = useRef(change);
  latest.current = change;
  const context = useMemo(
    () => ({
      root: schema,
      task: "",
      suggest: suggestNothing,
      set: (pointer: string, value: Json) => latest.current(pointer, value),
      remove: (pointer: string) => latest.current(pointer, undefined),
      expressions: false,
      faults,
    }),
    [schema, faults],
  );
  const field = (
    <Form.Provider value={context}>
      <Field name="input" pointer="" schema={schema} value={input} required />
    </Form.Provider>
  );
  return told ? (
    <div className="task-fields given">{field}</div>
  ) : (
    <details className="no-input" open={isGiven}>
      <summary>This definition has no input schema. Give an input as JSON all the same</summary>
      {field}
    </details>
  );
}

/**
 * Has the field that is being written in give its value, as it does when it is left. Tells whether all of a form could be
 * taken; where not, the field that could not has the focus.
 */
export function settled(form: HTMLElement | null): boolean {
  flushSync(() => document.activeElement instanceof HTMLElement && document.activeElement.blur());
  const bad = form?.querySelector<HTMLElement>("[aria-invalid=true]");
  bad?.focus();
  return !bad;
}

export const isOfInput = ({ facts }: Problem) => Array.isArray(facts.faults);

/** What the server finds wrong with the input, each at its field. */
export function faultsOf(problem: Problem | null): Fault[] {
  if (!problem || !isOfInput(problem)) return [];
  return (problem.facts.faults as InputFault[]).map(({ pointer, message }) => ({
    severity: "error",
    code: "input",
    message,
    hint: null,
    pointer,
    places: [pointer],
  }));
}
