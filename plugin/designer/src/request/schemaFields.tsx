import { type KeyboardEvent, useRef, useState } from "react";
import type { Edit, Json, JsonObject } from "../api/types";
import { partOf } from "../state/blocks";
import { isObject } from "./schema";

const TYPES: Record<string, string> = {
  string: "text",
  number: "number",
  integer: "whole number",
  boolean: "yes or no",
  array: "list",
  object: "object",
};

/** A JSON Schema, and where it stands in the definition. */
export interface Place {
  pointer: string;
  schema: JsonObject | null;
}

export const isType = (value: Json | undefined): value is string =>
  typeof value === "string" && value in TYPES;
export const objectAt = (schema: JsonObject | null, key: string): JsonObject => {
  const found = schema?.[key];
  return isObject(found) ? found : {};
};
export const requiredOf = (schema: JsonObject | null): Json[] =>
  Array.isArray(schema?.required) ? schema.required : [];

/** Whether a schema says which fields an object has, and nothing that can't be shown so. */
export const isOfFields = (schema: JsonObject) =>
  (schema.type === "object" || (schema.type === undefined && !Object.keys(schema).length)) &&
  ["$ref", "allOf", "anyOf", "oneOf", "if", "$defs"].every((key) => !(key in schema));

/** What writes another field into the schema of an object; into an empty one, that it is one of an object too. */
export function fieldAdded(
  { pointer, schema }: Place,
  name: string,
  type: string,
  required: boolean,
): Edit[] {
  const added: JsonObject = type === "array" ? { type, items: { type: "string" } } : { type };
  if (!schema || !Object.keys(schema).length) {
    const needed = required ? { required: [name] } : {};
    return [{ op: "set", pointer, value: { type: "object", properties: { [name]: added }, ...needed } }];
  }
  const place = partOf(`${pointer}/properties`, name);
  return [{ op: "set", pointer: place, value: added }, ...needing({ pointer, schema }, name, required)];
}

/** What makes a field required, or no longer. */
export function needing({ pointer, schema }: Place, name: string, required: boolean, former = name): Edit[] {
  const before = requiredOf(schema);
  const after = before.filter((one) => one !== former);
  if (required) after.splice(before.includes(former) ? before.indexOf(former) : after.length, 0, name);
  if (JSON.stringify(after) === JSON.stringify(before)) return [];
  const place = `${pointer}/required`;
  return [after.length ? { op: "set", pointer: place, value: after } : { op: "remove", pointer: place }];
}

export const Types = () =>
  Object.entries(TYPES).map(([value, words]) => (
    <option key={value} value={value}>
      {words}
    </option>
  ));

export function Required(props: { of: string; required: boolean; change(required: boolean): void }) {
  return (
    <label className="required">
      <input
        type="checkbox"
        aria-label={`${props.of} required`}
        checked={props.required}
        onChange={(event) => props.change(event.target.checked)}
      />{" "}
      required
    </label>
  );
}

interface AddSchemaFieldProps {
  schema: JsonObject | null;
  /** Tells whether it was added. */
  add(name: string, type: string, required: boolean): Promise<boolean>;
}

/** A name, a type and whether it has to be there: another field. */
export function AddSchemaField({ schema, add }: AddSchemaFieldProps) {
  const [name, setName] = useState("");
  const [type, setType] = useState("string");
  const [required, setRequired] = useState(true);
  const box = useRef<HTMLInputElement>(null);
  const given = name.trim();
  const isKnown = given in objectAt(schema, "properties");
  const submit = async () => {
    if (given && !isKnown && (await add(given, type, required))) {
      setName("");
      setType("string");
    }
    box.current?.focus();
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    void submit();
  };
  return (
    <>
      <div className="add-row schema-row">
        <input
          ref={box}
          className="field-input"
          aria-label="Name of a new field"
          placeholder="another field …"
          data-clean={name === ""}
          value={name}
          onChange={(event) => setName(event.target.value)}
          onKeyDown={onKey}
        />
        <select
          className="field-input"
          aria-label="Type of the new field"
          value={type}
          onChange={(event) => setType(event.target.value)}
        >
          <Types />
        </select>
        <Required of="the new field" required={required} change={setRequired} />
        <button type="button" className="button small" onClick={() => void submit()}>
          Add
        </button>
      </div>
      {isKnown && <p className="field-fault warning">This field is there already.</p>}
    </>
  );
}
