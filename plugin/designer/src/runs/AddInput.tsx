import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useRef, useState } from "react";
import type { Problem } from "../api/client";
import { getInputForm } from "../api/endpoints";
import type { Edit } from "../api/types";
import type { Schema } from "../request/schema";
import { partOf } from "../request/schema";
import { useDocument } from "../state/document";
import { Refused } from "../ui/Prose";

const SCHEMA = "/input/schema";
const TYPES = {
  string: "text",
  number: "number",
  integer: "whole number",
  boolean: "yes or no",
  array: "list",
  object: "object",
};

/** The schema that the definition has for its input; null where it has none. */
export function useInputForm() {
  const { path, text } = useDocument();
  return useQuery({
    queryKey: ["input", path, text],
    queryFn: () => getInputForm(path ?? "", text),
    gcTime: 0,
    placeholderData: (before) => before,
  });
}

/** What writes another field into the schema of the input. */
export function fieldAdded(schema: Schema | null, name: string, type: string, required: boolean): Edit[] {
  const added = { type };
  if (!schema) {
    const document = {
      type: "object",
      properties: { [name]: added },
      ...(required ? { required: [name] } : {}),
    };
    return [{ op: "set", pointer: SCHEMA, value: { document } }];
  }
  const document = `${SCHEMA}/document`;
  const needed: Edit[] = required
    ? [{ op: "set", pointer: `${document}/required`, value: [...(schema.required ?? []), name] }]
    : [];
  return [{ op: "set", pointer: partOf(`${document}/properties`, name), value: added }, ...needed];
}

/** Adds fields to the input of the definition: what they hold in detail is written in its text. */
export function AddInput() {
  const { data } = useInputForm();
  const [name, setName] = useState("");
  const [type, setType] = useState("string");
  const [required, setRequired] = useState(true);
  const [refused, setRefused] = useState<Problem | null>(null);
  const box = useRef<HTMLInputElement>(null);
  if (!data) return null;
  const schema = data.schema as Schema | null;
  const isKnown = schema?.properties?.[name.trim()] !== undefined;
  const add = async () => {
    if (!name.trim() || isKnown) return box.current?.focus();
    const { edit, forgetProblem } = useDocument.getState();
    const done = await edit(fieldAdded(schema, name.trim(), type, required));
    setRefused(done ? null : useDocument.getState().problem);
    forgetProblem(); // it is told here, for the page may lie under a dialog
    if (done) setName("");
    box.current?.focus();
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    void add();
  };
  return (
    <details className="add-input">
      <summary>Add a field to its schema</summary>
      <div className="add-row">
        <input
          ref={box}
          className="field-input"
          aria-label="Name of a field of the input"
          placeholder="name"
          value={name}
          onChange={(event) => setName(event.target.value)}
          onKeyDown={onKey}
        />
        <select
          className="field-input"
          aria-label="Type of the field"
          value={type}
          onChange={(event) => setType(event.target.value)}
        >
          {Object.entries(TYPES).map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </select>
        <label>
          <input type="checkbox" checked={required} onChange={(event) => setRequired(event.target.checked)} />{" "}
          required
        </label>
        <button type="button" className="button small" onClick={() => void add()}>
          Add
        </button>
      </div>
      {isKnown && <p className="field-fault warning">The input has this field already.</p>}
      {refused && <Refused error={refused} />}
    </details>
  );
}
