import { useState } from "react";
import type { Json, JsonObject } from "../api/types";
import { Icon } from "../ui/icons";
import { Field } from "./Field";
import { useForm } from "./form";
import { blankOf, partOf, resolved, type Schema } from "./schema";

interface Parts<T> {
  pointer: string;
  schema: Schema;
  value: T;
}

/** The fields that are there or have to be, and a way to add the others. */
export function ObjectParts({ pointer, schema, value }: Parts<JsonObject>) {
  const { root, set } = useForm();
  const properties = schema.properties ?? {};
  const required = new Set(schema.required ?? []);
  const shown = [
    ...Object.keys(properties).filter((name) => name in value || required.has(name)),
    ...Object.keys(value).filter((name) => !(name in properties)),
  ];
  const others = Object.keys(properties).filter((name) => !shown.includes(name));
  return (
    <div className="parts">
      {shown.map((name) => (
        <Field
          key={name}
          name={name}
          pointer={partOf(pointer, name)}
          schema={properties[name] ?? {}}
          value={value[name]}
          required={required.has(name)}
        />
      ))}
      {others.length > 0 && (
        <AddField
          names={others}
          schemaOf={(name) => resolved(properties[name] ?? {}, root)}
          add={(name) => void set(partOf(pointer, name), blankOf(properties[name] ?? {}, root))}
        />
      )}
    </div>
  );
}

function AddField({
  names,
  schemaOf,
  add,
}: {
  names: string[];
  schemaOf(name: string): Schema;
  add(name: string): void;
}) {
  return (
    <select
      className="add-field"
      aria-label="Add a field"
      value=""
      onChange={(event) => event.target.value && add(event.target.value)}
    >
      <option value="">+ Add field ({names.length})</option>
      {names.map((name) => (
        <option key={name} value={name}>
          {name}
          {schemaOf(name).deprecated ? " (deprecated)" : ""}
        </option>
      ))}
    </select>
  );
}

/** Names and values, as of headers. */
export function MapParts({ pointer, schema, value }: Parts<JsonObject>) {
  const { set } = useForm();
  const [name, setName] = useState("");
  const inner = typeof schema.additionalProperties === "object" ? schema.additionalProperties : {};
  const add = () => {
    if (!name.trim() || name in value) return;
    void set(partOf(pointer, name.trim()), "").then((done) => done && setName(""));
  };
  return (
    <div className="parts">
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
      <div className="add-row">
        <input
          className="field-input"
          aria-label="Name of a new entry"
          placeholder="name"
          value={name}
          onChange={(event) => setName(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            event.preventDefault();
            add();
          }}
        />
        <button type="button" className="button small" onClick={add} disabled={!name.trim() || name in value}>
          Add
        </button>
      </div>
    </div>
  );
}

export function ArrayParts({ pointer, schema, value }: Parts<Json[]>) {
  const { root, set } = useForm();
  const items = schema.items ?? {};
  return (
    <div className="parts">
      {value.map((part, index) => (
        <Field
          key={index}
          name={String(index)}
          pointer={partOf(pointer, index)}
          schema={items}
          value={part}
          required={false}
        />
      ))}
      <button
        type="button"
        className="button small"
        onClick={() => void set(pointer, [...value, blankOf(items, root)])}
      >
        <Icon name="plus" size={12} /> Add
      </button>
    </div>
  );
}
