import { type ReactNode, useId } from "react";
import type { Edit, Json, JsonObject } from "../api/types";
import { partOf } from "../state/blocks";
import { useDocument } from "../state/document";
import { Icon } from "../ui/icons";
import { Form, useForm } from "./form";
import { NameInput, NumberInput, TextInput } from "./inputs";
import { isObject } from "./schema";
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

const OF_NUMBERS = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];

/** Keywords that hold for one type alone. */
const OF_TYPE: Record<string, string[]> = {
  string: ["enum", "pattern", "format", "minLength", "maxLength"],
  number: OF_NUMBERS,
  integer: OF_NUMBERS,
  array: ["items", "minItems", "maxItems"],
  object: ["properties", "required", "additionalProperties"],
};

/** What makes a schema one of another type: what is said of the former type alone goes. */
function typeChanged(pointer: string, schema: JsonObject, type: string): Edit[] {
  const gone = Object.entries(OF_TYPE)
    .filter(([one]) => one !== type)
    .flatMap(([, keys]) => keys.filter((key) => key in schema && !OF_TYPE[type]?.includes(key)));
  return [
    { op: "set", pointer: `${pointer}/type`, value: type },
    ...[...new Set(gone)].map((key): Edit => ({ op: "remove", pointer: partOf(pointer, key) })),
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

interface InsideProps {
  name: string;
  pointer: string;
  part: JsonObject;
}

/** What only some types have. */
function Inside({ name, pointer, part }: InsideProps) {
  const items = objectAt(part, "items");
  if (part.type === "object") return <SchemaParts pointer={pointer} schema={part} />;
  if (part.type === "string")
    return (
      <>
        <Choices {...{ name, pointer, part }} />
        <Bounds {...{ name, pointer, part }} low="minLength" high="maxLength" unit="characters">
          <Pattern {...{ name, pointer, part }} />
        </Bounds>
      </>
    );
  if (part.type === "number" || part.type === "integer")
    return <Bounds {...{ name, pointer, part }} low="minimum" high="maximum" />;
  if (part.type !== "array") return null;
  return (
    <>
      <Bounds {...{ name, pointer, part }} low="minItems" high="maxItems" unit="items" />
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

interface BoundsProps extends InsideProps {
  /** The keywords of the least and of the most. */
  low: string;
  high: string;
  unit?: string;
  children?: ReactNode;
}

const LIMITS = ["minimum", "maximum", "minLength", "maxLength", "pattern", "minItems", "maxItems"];

/** The least and the most that a value may be or have; open where one is told. */
function Bounds({ name, pointer, part, low, high, unit = "", children }: BoundsProps) {
  return (
    <details className="bounds" open={LIMITS.some((key) => key in part)}>
      <summary>Limits</summary>
      <div className="field-head">
        <Bound of={name} {...{ pointer, part }} keyword={low} words="at least" />
        <Bound of={name} {...{ pointer, part }} keyword={high} words="at most" />
        <span className="muted">{unit}</span>
      </div>
      {children}
    </details>
  );
}

interface BoundProps {
  of: string;
  pointer: string;
  part: JsonObject;
  keyword: string;
  words: string;
}

function Bound({ of, pointer, part, keyword, words }: BoundProps) {
  const id = useId();
  const place = `${pointer}/${keyword}`;
  const commit = (value: Json) =>
    edit([value === "" ? { op: "remove", pointer: place } : { op: "set", pointer: place, value }]);
  return (
    <>
      <label htmlFor={id}>
        {words}
        <span className="sr">
          : {keyword} of {of}
        </span>
      </label>
      <NumberInput id={id} value={part[keyword]} commit={commit} empty="" />
    </>
  );
}

/** What a text has to be like. */
function Pattern({ name, pointer, part }: InsideProps) {
  const place = `${pointer}/pattern`;
  const commit = (text: Json) =>
    edit([text ? { op: "set", pointer: place, value: text } : { op: "remove", pointer: place }]);
  return (
    <Line
      label={`pattern of ${name}`}
      placeholder="like a regular expression: ^[A-Z]{3}-[0-9]+$"
      pointer={place}
      value={part.pattern}
      {...{ commit }}
    />
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
