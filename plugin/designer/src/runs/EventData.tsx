import { useMemo, useRef } from "react";
import type { Json } from "../api/types";
import { Field } from "../request/Field";
import { Form, suggestNothing } from "../request/form";
import { withPart } from "../request/local";
import { choicesOf, isObject, resolved, type Schema } from "../request/schema";
import { partOf } from "../state/blocks";

/** More than these are no buttons. */
const MOST_CHOICES = 6;

interface Props {
  schema: Schema;
  value: Json | undefined;
  change(value: Json | undefined): void;
}

/** The data of an event as fields: those that the tasks behind it read, or that a schema declares. */
export function EventData({ schema: raw, value, change }: Props) {
  const schema = resolved(raw, raw);
  const latest = useRef({ value, change });
  latest.current = { value, change };
  const context = useMemo(() => {
    const put = (pointer: string, part: Json | undefined) => {
      const now = latest.current;
      now.value = withPart(now.value, pointer, part);
      now.change(isObject(now.value) && !Object.keys(now.value).length ? undefined : now.value);
      return Promise.resolve(true);
    };
    return {
      root: raw,
      task: "",
      suggest: suggestNothing,
      set: put,
      remove: (pointer: string) => put(pointer, undefined),
      expressions: false,
      faults: [],
    };
  }, [raw]);
  const given = isObject(value) ? value : {};
  const fields = schema.properties
    ? Object.entries(schema.properties).map(([name, part]) => ({ name, part, value: given[name] }))
    : [{ name: "data", part: schema, value }];
  return (
    <Form.Provider value={context}>
      <div className="task-fields given">
        <div className="parts">
          {fields.map((one) => {
            const pointer = schema.properties ? partOf("", one.name) : "";
            const part = resolved(one.part, raw);
            const choices = choicesIn(part, raw);
            return choices.length ? (
              <Choices
                key={one.name}
                name={one.name}
                choices={choices}
                open={!part.enum && part.type !== "boolean"}
                value={one.value}
                choose={(next) => void context.set(pointer, next)}
              />
            ) : (
              <Field
                key={one.name}
                name={one.name}
                pointer={pointer}
                schema={part}
                value={one.value}
                required={schema.required?.includes(one.name) ?? false}
                shown={shownOf(part, raw)}
              />
            );
          })}
        </div>
      </div>
    </Form.Provider>
  );
}

/** What a value may be, or is compared with: few enough to choose from. */
export function choicesIn(schema: Schema, root: Schema): Json[] {
  if (schema.type === "boolean") return [true, false];
  const known = choicesOf(schema, root);
  const all = (known.length ? known : (schema.examples ?? [])).filter(
    (one) => one !== "" && !isObject(one) && !Array.isArray(one),
  );
  return all.length <= MOST_CHOICES ? all : [];
}

/** All fields of a value, to any depth: each can be filled in at once. */
function shownOf(schema: Schema, root: Schema): Record<string, never> | undefined {
  const inner = Object.entries(schema.properties ?? {}).map(([name, part]) => [
    name,
    shownOf(resolved(part, root), root) ?? {},
  ]);
  return Object.fromEntries(inner);
}

interface ChoicesProps {
  name: string;
  choices: Json[];
  /** Whether it may be something else. */
  open: boolean;
  value: Json | undefined;
  choose(value: Json | undefined): void;
}

const toldOf = (choice: Json) => (choice === true ? "yes" : choice === false ? "no" : String(choice));

/** Buttons, one for each value; pressed again it is no longer given. */
function Choices({ name, choices, open, value, choose }: ChoicesProps) {
  const isOther = value !== undefined && !choices.includes(value);
  return (
    <fieldset className="event-choices">
      <legend>
        <code>{name}</code>
      </legend>
      {choices.map((choice) => (
        <button
          key={String(choice)}
          type="button"
          className="button small"
          aria-pressed={value === choice}
          onClick={() => choose(value === choice ? undefined : choice)}
        >
          {toldOf(choice)}
        </button>
      ))}
      {open && (
        <input
          className="field-input"
          aria-label={`another ${name}`}
          placeholder="or another value"
          value={isOther ? String(value) : ""}
          onChange={({ target }) => choose(target.value === "" ? undefined : target.value)}
        />
      )}
    </fieldset>
  );
}
