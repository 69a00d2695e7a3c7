import { type KeyboardEvent, useId, useRef, useState } from "react";
import type { Edit, Json, JsonObject } from "../api/types";
import { useDocument } from "../state/document";
import { Icon } from "../ui/icons";
import { Form, useForm } from "./form";
import { NameInput, TextInput } from "./inputs";
import { isObject, partOf } from "./schema";

const TYPES: Record<string, string> = {
  string: "text",
  number: "number",
  integer: "whole number",
  boolean: "yes or no",
  array: "list",
  object: "object",
};
/** Keywords that hold for one type alone. */
const OF_TYPE: Record<string, string[]> = {
  string: ["enum", "pattern", "format", "minLength", "maxLength"],
  array: ["items", "minItems", "maxItems"],
  object: ["properties", "required", "additionalProperties"],
};

/** A JSON Schema, and where it stands in the definition. */
interface Place {
  pointer: string;
  schema: JsonObject | null;
}

const isType = (value: Json | undefined): value is string => typeof value === "string" && value in TYPES;
const objectAt = (schema: JsonObject | null, key: string): JsonObject => {
  const found = schema?.[key];
  return isObject(found) ? found : {};
};
const requiredOf = (schema: JsonObject | null): Json[] =>
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
function needing({ pointer, schema }: Place, name: string, required: boolean, former = name): Edit[] {
  const before = requiredOf(schema);
  const after = before.filter((one) => one !== former);
  if (required) after.splice(before.includes(former) ? before.indexOf(former) : after.length, 0, name);
  if (JSON.stringify(after) === JSON.stringify(before)) return [];
  const place = `${pointer}/required`;
  return [after.length ? { op: "set", pointer: place, value: after } : { op: "remove", pointer: place }];
}

/** What makes a schema one of another type: what is said of the former type alone goes. */
function typeChanged(pointer: string, schema: JsonObject, type: string): Edit[] {
  const gone = Object.entries(OF_TYPE)
    .filter(([one]) => one !== type)
    .flatMap(([, keys]) => keys.filter((key) => key in schema));
  return [
    { op: "set", pointer: `${pointer}/type`, value: type },
    ...gone.map((key): Edit => ({ op: "remove", pointer: partOf(pointer, key) })),
    ...(type === "array"
      ? [{ op: "set", pointer: `${pointer}/items`, value: { type: "string" } } satisfies Edit]
      : []),
  ];
}

const edit = (edits: Edit[]) => void useDocument.getState().edit(edits);

/** The fields that a JSON Schema describes, each with its type and what is said of it. */
export function SchemaParts({ pointer, schema }: { pointer: string; schema: JsonObject }) {
  const form = useForm();
  return (
    <Form.Provider value={{ ...form, expressions: false }}>
      <div className="parts">
        {Object.entries(objectAt(schema, "properties")).map(([name, part]) => (
          <SchemaField key={name} place={{ pointer, schema }} name={name} part={isObject(part) ? part : {}} />
        ))}
        <AddSchemaField
          schema={schema}
          add={(...field) => useDocument.getState().edit(fieldAdded({ pointer, schema }, ...field))}
        />
      </div>
    </Form.Provider>
  );
}

function SchemaField({ place, name, part }: { place: Place; name: string; part: JsonObject }) {
  const pointer = partOf(`${place.pointer}/properties`, name);
  const required = requiredOf(place.schema).includes(name);
  return (
    <fieldset className="schema-field">
      <legend className="sr">{name}</legend>
      <div className="field-head">
        <NameInput
          value={name}
          commit={(next) =>
            edit([{ op: "rename_key", pointer, name: next }, ...needing(place, next, required, name)])
          }
        />
        <TypeSelect label={`type of ${name}`} {...{ pointer }} schema={part} />
        <Required of={name} required={required} change={(next) => edit(needing(place, name, next))} />
        <span className="grow" />
        <button
          type="button"
          className="fx"
          aria-label={`Remove ${name}`}
          onClick={() => edit([{ op: "remove", pointer }, ...needing(place, name, false)])}
        >
          <Icon name="close" size={11} />
        </button>
      </div>
      <Described label={`what ${name} is`} placeholder="What it is" {...{ pointer, part }} />
      <Inside name={name} {...{ pointer, part }} />
    </fieldset>
  );
}

/** What only texts, lists and objects have. */
function Inside({ name, pointer, part }: { name: string; pointer: string; part: JsonObject }) {
  const items = objectAt(part, "items");
  if (part.type === "object") return <SchemaParts pointer={pointer} schema={part} />;
  if (part.type === "string") return <Choices {...{ name, pointer, part }} />;
  if (part.type !== "array") return null;
  return (
    <>
      <div className="field-head">
        <span className="muted">of</span>
        <TypeSelect label={`type of the items of ${name}`} pointer={`${pointer}/items`} schema={items} />
      </div>
      {items.type === "object" && <SchemaParts pointer={`${pointer}/items`} schema={items} />}
    </>
  );
}

function TypeSelect({ label, pointer, schema }: { label: string; pointer: string; schema: JsonObject }) {
  const { type } = schema;
  return (
    <select
      className="field-input"
      aria-label={label}
      value={isType(type) ? type : ""}
      onChange={(event) => edit(typeChanged(pointer, schema, event.target.value))}
    >
      {!isType(type) && <option value="">{type === undefined ? "anything" : JSON.stringify(type)}</option>}
      <Types />
    </select>
  );
}

const Types = () =>
  Object.entries(TYPES).map(([value, words]) => (
    <option key={value} value={value}>
      {words}
    </option>
  ));

function Required(props: { of: string; required: boolean; change(required: boolean): void }) {
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

interface DescribedProps {
  label: string;
  placeholder: string;
  pointer: string;
  part: JsonObject;
}

/** What a field is for, as people and models read it. */
function Described({ label, placeholder, pointer, part }: DescribedProps) {
  const place = `${pointer}/description`;
  const commit = (text: Json) =>
    text ? edit([{ op: "set", pointer: place, value: text }]) : edit([{ op: "remove", pointer: place }]);
  return <Line value={part.description} {...{ label, placeholder, commit }} pointer={place} />;
}

/** The texts that are allowed, where not every text is. */
function Choices({ name, pointer, part }: { name: string; pointer: string; part: JsonObject }) {
  const place = `${pointer}/enum`;
  const commit = (text: Json) => {
    const values = String(text)
      .split(",")
      .map((one) => one.trim())
      .filter(Boolean);
    edit([values.length ? { op: "set", pointer: place, value: values } : { op: "remove", pointer: place }]);
  };
  const value = Array.isArray(part.enum) ? part.enum.join(", ") : undefined;
  return (
    <Line
      label={`choices of ${name}`}
      placeholder="Any text; or choices: red, green"
      pointer={place}
      {...{ value, commit }}
    />
  );
}

interface LineProps {
  label: string;
  placeholder: string;
  pointer: string;
  value: Json | undefined;
  commit(text: Json): void;
}

function Line({ label, ...props }: LineProps) {
  const id = useId();
  return (
    <>
      <label className="sr" htmlFor={id}>
        {label}
      </label>
      <TextInput {...{ id, label }} {...props} />
    </>
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
    if (given && !isKnown && (await add(given, type, required))) setName("");
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
