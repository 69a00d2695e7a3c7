import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef, useState } from "react";
import type { Json, JsonObject } from "../api/types";
import { partOf } from "../state/blocks";
import { useDocument } from "../state/document";
import { Icon } from "../ui/icons";
import { AddField, about } from "./AddField";
import { Field, type Shown } from "./Field";
import { Form, taskForm, useForm, useFresh } from "./form";
import { NameInput } from "./inputs";
import { keysOf, partAt } from "./local";
import { type MadeOf, partsOf } from "./madeOf";
import {
  addedOf,
  blankOf,
  innerFields,
  isObject,
  isOfNumbers,
  isSettled,
  resolved,
  type Schema,
} from "./schema";

interface Parts<T> {
  pointer: string;
  schema: Schema;
  value: T;
}

/** The fields that are there, have to be or are shown in any case, and a way to add the others. */
export function ObjectParts({
  pointer,
  schema,
  value,
  shown = {},
}: Parts<JsonObject> & { shown?: Shown | undefined }) {
  const { root, set, apart } = useForm();
  const all = schema.properties ?? {};
  const properties = Object.fromEntries(
    Object.entries(all).filter(([name, part]) => !part["x-tasks"] && partOf(pointer, name) !== apart),
  );
  const required = new Set(schema.required ?? []);
  const numbers = isOfNumbers(schema);
  const always = numbers ? Object.fromEntries(Object.keys(properties).map((name) => [name, {}])) : shown;
  const names = [
    ...Object.keys(properties).filter((name) => name in value || required.has(name) || name in always),
    ...Object.keys(value).filter((name) => !(name in all)),
  ];
  const others = Object.keys(properties).filter((name) => !names.includes(name));
  const { parts, focus, goTo } = useNewField();
  const add = (...path: string[]) => {
    const place = path.reduce(partOf, pointer);
    if (focus(place)) return; // it is there, with nothing in it yet
    goTo(place);
    useFresh.getState().begin(place);
    const given = path.reduce((around, name) => resolved(around.properties?.[name] ?? {}, root), schema);
    void set(place, addedOf(given, root));
  };
  return (
    <div className={numbers ? "parts numbers" : "parts"} ref={parts}>
      {names
        .filter((name) => !(required.has(name) && isSettled(properties[name] ?? {}, value[name])))
        .map((name) => (
          <Field
            key={name}
            name={name}
            pointer={partOf(pointer, name)}
            schema={properties[name] ?? {}}
            value={value[name]}
            required={required.has(name)}
            shown={always[name]}
          />
        ))}
      {others.length > 0 && (
        <AddField
          names={others}
          schemaOf={(name) => resolved(properties[name] ?? {}, root)}
          inner={() => innerFields({ ...schema, properties }, value, root)}
          add={add}
        />
      )}
      {schema.additionalProperties && names.length + others.length > 0 && (
        <AddNamed {...{ pointer, value, goTo }} blank={blankOf(innerOf(schema), root)} />
      )}
    </div>
  );
}

/** Has a field that is added get the focus once it is there, what it begins with selected, so that one can write over it. */
function useNewField() {
  const parts = useRef<HTMLDivElement>(null);
  const added = useRef<string>(undefined);
  const focus = (place: string) => {
    const within = parts.current?.querySelector(`[data-at="${CSS.escape(place)}"]`);
    const field = within?.querySelector<HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement>(
      "input, textarea, select",
    );
    const first = field ?? within?.querySelector<HTMLElement>(".add-field"); // of an object without any, what adds one
    first?.focus();
    if (field && "select" in field) field.select();
    return first != null;
  };
  useEffect(() => {
    if (added.current !== undefined && focus(added.current)) added.current = undefined;
  });
  const goTo = (place: string) => {
    added.current = place;
  };
  return { parts, focus, goTo };
}

/** One of several fields: chosen by its name, then edited as it is. */
export function OneOf({ name, pointer, schema, value }: Parts<JsonObject> & { name: string }) {
  const { root, set } = useForm();
  const properties = schema.properties ?? {};
  const given = Object.keys(value);
  const [chosen] = given;
  if (given.length > 1 || (chosen !== undefined && !(chosen in properties)))
    return <ObjectParts {...{ pointer, value }} schema={{ ...schema, additionalProperties: false }} />;
  return (
    <div className="union">
      <select
        className="field-input"
        aria-label={`form of ${name}`}
        value={chosen ?? ""}
        onChange={(event) => {
          const next = event.target.value;
          useFresh.getState().begin(pointer);
          if (next) void set(pointer, { [next]: blankOf(properties[next] ?? {}, root) });
        }}
      >
        {chosen === undefined && <option value="">choose …</option>}
        {Object.keys(properties).map((one) => (
          <option key={one} value={one}>
            {one}
            {about(resolved(properties[one] ?? {}, root))}
          </option>
        ))}
      </select>
      {chosen !== undefined && (
        <div className="parts chosen">
          <Field
            key={chosen}
            name={chosen}
            pointer={partOf(pointer, chosen)}
            schema={properties[chosen] ?? {}}
            value={value[chosen]}
            required
          />
        </div>
      )}
    </div>
  );
}

interface TextPartsProps {
  name: string;
  pointer: string;
  text: string;
  made: MadeOf;
}

/** The values that a text is made of, each as a field: the text that stands there then is written anew with what is set. */
export function TextParts({ name, pointer, text, made }: TextPartsProps) {
  const form = useForm();
  const client = useQueryClient();
  const parts = partsOf(made, text);
  if (!parts) return null;
  const change = (part: string, value: string | undefined) =>
    useDocument.getState().edit(async (path, definition) => {
      const { task } = await client.fetchQuery(taskForm(client, path, definition, form.task));
      const now = partAt(task, pointer.slice(form.task.length));
      const next = partsOf(made, typeof now === "string" ? now : text)?.with(
        keysOf(part).at(-1) ?? "",
        value,
      );
      if (next === undefined) return [];
      return [next === "" ? { op: "remove", pointer } : { op: "set", pointer, value: next }];
    });
  return (
    <fieldset className="made-of">
      <legend className="sr">{made.kind === "path" ? `variables of ${name}` : "cookies"}</legend>
      <Form.Provider
        value={{
          ...form,
          set: (part, value) => change(part, typeof value === "string" ? value : JSON.stringify(value)),
          remove: (part) => change(part, undefined),
        }}
      >
        <ObjectParts pointer={pointer} schema={made.schema} value={parts.values} />
      </Form.Provider>
    </fieldset>
  );
}

const innerOf = ({ additionalProperties }: Schema): Schema =>
  typeof additionalProperties === "object" ? additionalProperties : {};

/** Names and values, as of headers. */
export function MapParts({ pointer, schema, value }: Parts<JsonObject>) {
  const { root } = useForm();
  const inner = innerOf(schema);
  const { parts, goTo } = useNewField();
  return (
    <div className="parts" ref={parts}>
      {Object.entries(value).map(([key, part]) => (
        <Field
          key={key}
          name={key}
          pointer={partOf(pointer, key)}
          schema={inner}
          value={part}
          required={false}
        />
      ))}
      <AddNamed {...{ pointer, value, goTo }} blank={blankOf(inner, root)} />
    </div>
  );
}

/** What an entry of a mapping is called. */
const WHAT: Record<string, string> = { headers: "header", query: "parameter", cookies: "cookie" };

/** Adds an entry under a name that somebody writes. */
function AddNamed({ pointer, value, blank, goTo }: AddNamedProps) {
  const { set } = useForm();
  const what = WHAT[keysOf(pointer).at(-1) ?? ""] ?? "entry";
  const add = (name: string) => {
    goTo(partOf(pointer, name));
    useFresh.getState().begin(partOf(pointer, name));
    return set(partOf(pointer, name), blank);
  };
  return <NameBox what={what} taken={Object.keys(value)} add={add} />;
}

interface AddNamedProps {
  pointer: string;
  value: JsonObject;
  blank: Json;
  goTo(place: string): void;
}

function NameBox(props: { what: string; taken: string[]; add(name: string): Promise<boolean> }) {
  const [name, setName] = useState("");
  const given = name.trim();
  const isNew = given !== "" && !props.taken.includes(given);
  const add = () => {
    if (isNew) void props.add(given).then((done) => done && setName(""));
  };
  return (
    <div className="add-row">
      <input
        className="field-input"
        aria-label={`Name of a new ${props.what}`}
        placeholder={`another ${props.what}, by its name`}
        data-clean={name === ""}
        value={name}
        onChange={(event) => setName(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter") return;
          event.preventDefault();
          add();
        }}
      />
      <button type="button" className="button small" onClick={add} disabled={!isNew}>
        Add {props.what}
      </button>
    </div>
  );
}

/** Items that have one name each, in the order in which they count: the cases of a switch. */
export function NamedParts({ pointer, schema, value }: Parts<Json[]>) {
  const { root, set } = useForm();
  const items = value.map((item) => Object.entries(isObject(item) ? item : {})[0]);
  const { parts, goTo } = useNewField();
  return (
    <div className="parts" ref={parts}>
      {items.map((item, index) => (
        <NamedPart
          key={index}
          place={{ list: pointer, index, count: items.length }}
          name={item?.[0] ?? ""}
          schema={schema}
          value={item?.[1]}
        />
      ))}
      <NameBox
        what="case"
        taken={items.flatMap((item) => item?.[0] ?? [])}
        add={(name) => {
          goTo(partOf(partOf(pointer, items.length), name));
          return set(partOf(pointer, "-"), { [name]: blankOf(schema, root) });
        }}
      />
    </div>
  );
}

interface NamedPartProps {
  place: { list: string; index: number; count: number };
  name: string;
  schema: Schema;
  value: Json | undefined;
}

function NamedPart({ place, name, schema, value }: NamedPartProps) {
  const { remove } = useForm();
  const { edit } = useDocument.getState();
  const item = partOf(place.list, place.index);
  const pointer = partOf(item, name);
  const move = (step: number) =>
    void edit([{ op: "move", pointer: item, list: place.list, index: place.index + (step > 0 ? 2 : -1) }]);
  return (
    <fieldset className="named">
      <legend className="sr">{name}</legend>
      <div className="field-head">
        <NameInput value={name} commit={(next) => void edit([{ op: "rename_key", pointer, name: next }])} />
        <span className="grow" />
        <Act label={`Move ${name} up`} act={() => move(-1)} off={place.index === 0}>
          ↑
        </Act>
        <Act label={`Move ${name} down`} act={() => move(1)} off={place.index === place.count - 1}>
          ↓
        </Act>
        <Act label={`Remove ${name}`} act={() => void remove(item)} off={place.count === 1}>
          <Icon name="close" size={11} />
        </Act>
      </div>
      <Field name={name} {...{ pointer, schema, value }} required />
    </fieldset>
  );
}

function Act(props: { label: string; act(): void; off: boolean; children: ReactNode }) {
  return (
    <button type="button" className="fx" aria-label={props.label} disabled={props.off} onClick={props.act}>
      {props.children}
    </button>
  );
}

export function ArrayParts({ pointer, schema, value }: Parts<Json[]>) {
  const { root, set } = useForm();
  const items = schema.items ?? {};
  const { parts, goTo } = useNewField();
  const what = keysOf(pointer).at(-1) ?? "item";
  return (
    <div className="parts" ref={parts}>
      {value.map((part, index) => (
        <Field
          key={index}
          name={`${what} ${index + 1}`}
          pointer={partOf(pointer, index)}
          schema={items}
          value={part}
          required={false}
        />
      ))}
      <button
        type="button"
        className="button small"
        onClick={() => {
          goTo(partOf(pointer, value.length));
          useFresh.getState().begin(partOf(pointer, value.length));
          void set(partOf(pointer, "-"), blankOf(items, root));
        }}
      >
        <Icon name="plus" size={12} /> Add
      </button>
    </div>
  );
}
