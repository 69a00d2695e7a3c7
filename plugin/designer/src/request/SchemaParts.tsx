import { useId } from "react";
import type { Edit, Json, JsonObject } from "../api/types";
import { useDocument } from "../state/document";
import { Icon } from "../ui/icons";
import { Form, useForm } from "./form";
import { NameInput, TextInput } from "./inputs";
import { isObject, partOf } from "./schema";
import {
  AddSchemaField,
  fieldAdded,
  isType,
  needing,
  objectAt,
  type Place,
  Required,
  requiredOf,
  Types,
} from "./schemaFields";

/** Keywords that hold for one type alone. */
const OF_TYPE: Record<string, string[]> = {
  string: ["enum", "pattern", "format", "minLength", "maxLength"],
  array: ["items", "minItems", "maxItems"],
  object: ["properties", "required", "additionalProperties"],
};

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
export default function SchemaParts({ pointer, schema }: { pointer: string; schema: JsonObject }) {
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
