import { type FocusEvent, useEffect, useId, useState } from "react";
import { flushSync } from "react-dom";
import type { Json } from "../api/types";
import { isToFillIn } from "../state/blocks";
import { useDocument } from "../state/document";
import { Icon } from "../ui/icons";
import { Later } from "../ui/Later";
import { Prose, splitSentence } from "../ui/Prose";
import { ArrayParts, MapParts, NamedParts, ObjectParts, OneOf, TextParts } from "./composite";
import { ExpressionInput } from "./ExpressionInput";
import { Faults } from "./Faults";
import {
  type Fault,
  type Suggestions,
  useCursor,
  useDrop,
  useFaults,
  useForm,
  useFresh,
  useIsFresh,
  useToFillIn,
} from "./form";
import { ChoiceInput, JsonInput, NumberInput, TextInput } from "./inputs";
import { MessagesEditor } from "./MessagesEditor";
import {
  blankOf,
  branchLabel,
  branchOf,
  choicesOf,
  formsOf,
  isExpression,
  isObject,
  namedItem,
  resolved,
  type Schema,
  type Widget,
  widgetOf,
} from "./schema";
import { isOfFields } from "./schemaFields";

const schemaParts = () => import("./SchemaParts");

export interface FieldProps {
  name: string;
  pointer: string;
  schema: Schema;
  value: Json | undefined;
  required: boolean;
  /** Those of its fields that are shown, given or not; of one that is shown so, nothing is the same as not given. */
  shown?: Shown | undefined;
}

/** Fields by their names, each with those of its own that are shown. */
export interface Shown {
  [name: string]: Shown;
}

const NOTHING: Fault[] = [];

const COMPOSITE: ReadonlySet<Widget> = new Set([
  "object",
  "one",
  "map",
  "none",
  "array",
  "named",
  "messages",
  "union",
  "schema",
]);

/** One value of a task: a label, what it is edited with, and what is wrong with it. */
export function Field({ name, pointer, schema: raw, value, required, shown }: FieldProps) {
  const { root, set, remove, expressions, note } = useForm();
  const id = useId();
  const schema = resolved(raw, root);
  const fitting = widgetOf(schema, root, name);
  const widget = value !== undefined && !shapeFits(value, fitting) ? "any" : fitting;
  const [asExpression, setAsExpression] = useState(false);
  const expression = asExpression || (isExpression(value) && widget !== "text");
  const composite = COMPOSITE.has(widget) && !expression;
  const told = useFaults(pointer, !composite);
  const toFillIn = useToFillIn(pointer, !composite && !schema["x-made-of"]);
  // That it is to be filled in is told below; of a text that is made of values, by these.
  const faults = useIsFresh(pointer, value) ? NOTHING : told.filter((fault) => !isToFillIn(fault));
  const isBad = faults.some(({ severity }) => severity === "error");
  const express = () => {
    if (expression && widget !== "text") {
      setAsExpression(false);
      return isExpression(value) ? set(pointer, blankOf(schema, root)) : undefined;
    }
    flushSync(() => setAsExpression(true));
    document.getElementById(id)?.focus();
    useCursor.getState().target?.express?.(toFillIn || widget !== "text");
  };
  const takes = expressions && !isLiteral(schema);
  if (asExpression && isExpression(value)) setAsExpression(false); // from now on its value tells
  useEffect(() => () => useCursor.getState().leave(pointer), [pointer]);
  const take = (picked: string) => {
    flushSync(() => setAsExpression(true));
    const box = document.getElementById(id);
    if (!(box instanceof HTMLTextAreaElement)) return;
    box.focus();
    box.select(); // a number or a choice is replaced as a whole
    useCursor.getState().target?.take(picked);
  };
  const onFocus = ({ target }: FocusEvent) => {
    const isOther = target.id !== id || useCursor.getState().target !== null; // a text takes it at its cursor
    if (takes && !isOther) useCursor.getState().enter({ pointer, label: name, take });
  };
  const { over, on } = useDrop(
    takes && !composite ? (dropped) => void set(pointer, `\${ ${dropped} }`) : null,
  );
  const label = raw.title && raw.title.toLowerCase() !== name.toLowerCase() ? raw.title : null;
  return (
    <div
      data-at={pointer}
      className={`field ${severityOf(faults)} ${composite ? "composite" : ""} ${toFillIn ? "to-fill-in" : ""} ${over ? "drop-here" : ""}`}
      {...{ ...on, onFocus, onBlur: () => useFresh.getState().leave(pointer) }}
    >
      <div className="field-head">
        <label htmlFor={id}>
          <code>{name}</code>
          {label && <small>{label}</small>}
        </label>
        {required && <small>required</small>}
        {toFillIn && (
          <>
            <span className="badge warning">to fill in</span>
            {!isBad && (
              <button
                type="button"
                className="fx"
                aria-label={`Keep ${name} as it is`}
                title="It is meant as it stands"
                onClick={() => useDocument.getState().keepMadeUp([pointer])}
              >
                keep
              </button>
            )}
          </>
        )}
        {schema.deprecated && <span className="badge warning">deprecated</span>}
        <span className="grow" />
        {expressions && (isExpression(value) || !isLiteral(schema)) && (
          <button
            type="button"
            className="fx"
            aria-pressed={expression || isExpression(value)}
            aria-label={`fx: ${name} as an expression`}
            title={expression && widget !== "text" ? "A value, in place of the expression" : "An expression"}
            onClick={() => void express()}
          >
            fx
          </button>
        )}
        {!required && value !== undefined && (
          <button
            type="button"
            className="fx"
            aria-label={`Remove ${name}`}
            onClick={() => void remove(pointer)}
          >
            <Icon name="close" size={11} />
          </button>
        )}
      </div>
      {expression ? (
        <ExpressionInput
          id={id}
          label={name}
          pointer={pointer}
          value={typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value)}
          commit={(text) => void set(pointer, text)}
        />
      ) : (
        <Input id={id} widget={widget} {...{ name, pointer, schema, value, required, shown, takes }} />
      )}
      {schema["x-made-of"] && typeof value === "string" && (
        <TextParts {...{ name, pointer }} text={value} made={schema["x-made-of"]} />
      )}
      {toFillIn && (
        <p className="field-fault warning">
          Made up when the task was added: write what is meant, or pick it out of the data.
        </p>
      )}
      <Faults faults={faults} />
      {note?.(pointer, value)}
      {schema.description && <Description text={schema.description} />}
    </div>
  );
}

/** Whether what stands there is taken as it is written, or as a name. */
const isLiteral = (schema: Schema) => Boolean(schema["x-literal"] || schema["x-names"]);

const severityOf = (faults: { severity: string }[]) =>
  faults.some((fault) => fault.severity === "error") ? "faulty" : faults.length ? "doubtful" : "";

/** A value that isn't what its schema has is shown as it is. */
function shapeFits(value: Json, widget: Widget): boolean {
  if (isExpression(value)) return true;
  if (widget === "schema") return isObject(value) && isOfFields(value);
  if (widget === "object" || widget === "one" || widget === "map" || widget === "none")
    return isObject(value);
  if (widget === "array" || widget === "named" || widget === "messages") return Array.isArray(value);
  return !(widget === "text" || widget === "number") || typeof value !== "object" || value === null;
}

/** Texts that are known to fit, and several that a document shows as examples: one alone stands in the empty field. */
function examplesOf(schema: Schema, root: Schema): Suggestions | undefined {
  const isText = (one: Json) => typeof one === "string";
  const [known, examples] = [choicesOf(schema, root).filter(isText), (schema.examples ?? []).filter(isText)];
  const values = known.length ? known : examples.length > 1 ? examples : [];
  return values.length ? { values, about: "any other can be written" } : undefined;
}

function Input({ id, widget, takes, ...props }: FieldProps & { id: string; widget: Widget; takes: boolean }) {
  const { root, suggest, set, remove } = useForm();
  const { name, pointer, schema, value, shown } = props;
  const commit = (next: Json) => {
    if (next !== "" || !shown) void set(pointer, next);
    else if (value !== undefined) void remove(pointer);
  };
  switch (widget) {
    case "messages":
      return <MessagesEditor pointer={pointer} schema={schema} value={Array.isArray(value) ? value : []} />;
    case "object":
      return <ObjectParts {...{ pointer, schema, shown }} value={isObject(value) ? value : {}} />;
    case "one":
      return <OneOf {...{ name, pointer, schema }} value={isObject(value) ? value : {}} />;
    case "none":
      return <p className="muted">Nothing to set here.</p>;
    case "named":
      return (
        <NamedParts
          pointer={pointer}
          schema={namedItem(schema, root) ?? {}}
          value={Array.isArray(value) ? value : []}
        />
      );
    case "map":
      return <MapParts pointer={pointer} schema={schema} value={isObject(value) ? value : {}} />;
    case "array":
      return <ArrayParts pointer={pointer} schema={schema} value={Array.isArray(value) ? value : []} />;
    case "schema":
      return <Later load={schemaParts} given={{ pointer, schema: isObject(value) ? value : {} }} />;
    case "union":
      return <Union {...{ id, takes }} {...props} />;
    case "choice":
      return <ChoiceInput id={id} choices={choicesOf(schema, root)} value={value} commit={commit} />;
    case "boolean":
      return <ChoiceInput id={id} choices={[true, false]} value={value} commit={commit} />;
    case "number":
      return <NumberInput id={id} value={value} commit={commit} empty={shown && textOf(schema.default)} />;
    case "text":
      return (
        <TextInput
          {...{ id, label: name, pointer, value, commit, takes }}
          placeholder={textOf(schema.examples?.[0] ?? schema.default)}
          suggestions={suggest(pointer, schema["x-names"]) ?? examplesOf(schema, root)}
        />
      );
    case "any":
      return <JsonInput id={id} value={value} commit={commit} />;
  }
}

const textOf = (value: Json | undefined) =>
  typeof value === "string" || typeof value === "number" ? String(value) : "";

/** One of several forms: chosen by its name, then edited as it is. */
function Union(props: FieldProps & { id: string; takes: boolean }) {
  const { id, name, pointer, schema, value, required, takes } = props;
  const { root, set } = useForm();
  const branches = formsOf(schema, root);
  const index = branchOf(branches, value, root);
  const branch = branches[index] ?? {};
  return (
    <div className="union">
      <select
        className="field-input"
        aria-label={`form of ${name}`}
        value={index}
        onChange={(event) => {
          const next = branches[Number(event.target.value)];
          if (!next) return;
          useFresh.getState().begin(pointer);
          void set(pointer, blankOf(next, root));
        }}
      >
        {branches.map((one, number) => (
          <option key={branchLabel(one, number)} value={number}>
            {branchLabel(one, number)}
          </option>
        ))}
      </select>
      <Input
        id={id}
        widget={widgetOf(branch, root, name)}
        {...{ name, pointer, value, required }}
        takes={takes && !isLiteral(branch)}
        schema={branch}
      />
    </div>
  );
}

/** The first sentence; the rest for who wants it. It is text, whatever a document has in it. */
function Description({ text }: { text: string }) {
  const [first, rest] = splitSentence(text);
  if (!rest)
    return (
      <p className="field-about">
        <Prose text={first} />
      </p>
    );
  return (
    <details className="field-about">
      <summary>
        <Prose text={first} />
      </summary>
      <Prose text={rest} />
    </details>
  );
}
