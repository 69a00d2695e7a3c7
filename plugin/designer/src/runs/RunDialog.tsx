import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useMemo, useRef, useState } from "react";
import { getInputForm } from "../api/endpoints";
import type { Json } from "../api/types";
import { Field } from "../request/Field";
import { Form } from "../request/form";
import { withPart } from "../request/local";
import { blankOf, type Schema } from "../request/schema";
import { useDocument } from "../state/document";
import { sampleOf } from "../testrequest/data";
import { Dialog } from "../ui/Dialog";
import { Icon } from "../ui/icons";
import { useRun } from "./run";

/** Asks for the input of a run: by a form where the definition tells its schema, else as JSON. */
export function RunDialog() {
  const { path, text } = useDocument();
  const { data, error } = useQuery({
    queryKey: ["input", path, text],
    queryFn: () => getInputForm(path ?? "", text),
    gcTime: 0,
  });
  return (
    <Dialog label="Run" close={useRun.getState().forget} className="run-dialog">
      {error && <p className="field-fault error">{error.message}</p>}
      {data && <InputForm path={path} schema={(data.schema ?? {}) as Schema} />}
    </Dialog>
  );
}

function InputForm({ path, schema }: { path: string | null; schema: Schema }) {
  const [input, setInput] = useState<Json>(() => {
    const blank = blankOf(schema, schema);
    return sampleOf(path).input ?? (blank === "" ? {} : blank);
  });
  const latest = useRef(input);
  const context = useMemo(() => {
    const change = (pointer: string, value: Json | undefined) => {
      latest.current = withPart(latest.current, pointer, value) ?? null;
      setInput(latest.current);
      return Promise.resolve(true);
    };
    return {
      root: schema,
      task: "",
      suggestions: {},
      set: change,
      remove: (pointer: string) => change(pointer, undefined),
      expressions: false,
    };
  }, [schema]);
  const start = (event: FormEvent) => {
    event.preventDefault();
    // A field that is being written in gives its value when it is left.
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    void useRun.getState().start(latest.current);
  };
  return (
    <form onSubmit={start}>
      <header className="test-head">
        <h2>Run {path}</h2>
        <span className="grow" />
        <button type="submit" className="button primary">
          <Icon name="run" /> Start
        </button>
      </header>
      <div className="task-fields">
        <Form.Provider value={context}>
          <Field name="input" pointer="" schema={schema} value={input} required />
        </Form.Provider>
      </div>
    </form>
  );
}
