import type { Json, JsonObject } from "../api/types";
import type { MadeOf } from "./madeOf";

/** As much of JSON Schema as a form is made of. What doesn't fit is told by the server. */
export interface Schema {
  type?: string | string[];
  title?: string;
  description?: string;
  enum?: Json[];
  const?: Json;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  additionalProperties?: Schema | boolean;
  maxProperties?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  oneOf?: Schema[];
  anyOf?: Schema[];
  allOf?: Schema[];
  if?: Schema;
  then?: Schema;
  default?: Json;
  examples?: Json[];
  deprecated?: boolean;
  format?: string;
  pattern?: string;
  /** Of a text. */
  "x-made-of"?: MadeOf;
  /** What a text is a name of: a key of `use`, or `connections`. */
  "x-names"?: string;
  /** That no expression can stand there. */
  "x-literal"?: boolean;
  /** Of a value that is a JSON Schema itself. */
  "x-json-schema"?: boolean;
  /** A list of tasks, which are blocks. */
  "x-tasks"?: boolean;
  $ref?: string;
  $defs?: Record<string, Schema>;
}

export type Widget =
  | "messages"
  | "object"
  | "one"
  | "map"
  | "none"
  | "array"
  | "named"
  | "text"
  | "number"
  | "boolean"
  | "choice"
  | "union"
  | "schema"
  | "any";

const DEPTH = 12;
const MOST_NUMBERS = 6;
/** That the name of a form tells. */
const MOST_CHOICES = 4;

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether a value is computed when the task runs. */
export const isExpression = (value: Json | undefined): value is string =>
  typeof value === "string" && value.includes("${");

const FEW_PARAMETERS = 6;

/** The query parameters that an operation may be given, by their names; none where they are many, or not known. */
export function fewParameters(task: Schema, root: Schema): string[] {
  const query = resolved(resolved(task.properties?.with ?? {}, root).properties?.query ?? {}, root);
  const names = Object.keys(query.properties ?? {});
  return names.filter((name) => !query.required?.includes(name)).length > FEW_PARAMETERS ? [] : names;
}

/** A schema with its reference followed and its `allOf` merged. */
export function resolved(schema: Schema, root: Schema, depth = 0): Schema {
  let found = schema;
  if (schema.$ref && depth < DEPTH) {
    const { $ref, ...rest } = schema;
    found = { ...resolved(referred($ref, root), root, depth + 1), ...rest };
  }
  if (found.allOf && depth < DEPTH) found = byTag(found, root, depth);
  if (found.allOf && depth < DEPTH) {
    const { allOf, ...rest } = found;
    for (const part of allOf)
      found = merged(found === schema ? rest : found, resolved(part, root, depth + 1));
    const { allOf: _taken, ...whole } = found;
    found = whole;
  }
  if (!found.properties && (found.anyOf ?? found.oneOf) && depth < DEPTH) {
    const { anyOf: _any, oneOf: _one, ...rest } = found;
    const [only, ...others] = branchesOf(found, root, depth + 1);
    if (only && !others.length) found = merged(rest, only);
  }
  return found;
}

/** Of a schema that tells by the value of one field (`if`) what the others are (`then`), the union of these forms. */
function byTag(schema: Schema, root: Schema, depth: number): Schema {
  const { allOf = [], properties = {}, required = [], ...rest } = schema;
  const [tag, ...others] = new Set(allOf.flatMap((part) => Object.keys(part.if?.properties ?? {})));
  const tells = (part: Schema) => tag && part.then && typeof part.if?.properties?.[tag]?.const === "string";
  if (!tag || others.length || !allOf.every(tells)) return schema;
  const forms = allOf.map((part) => {
    const form = resolved(part.then ?? {}, root, depth + 1);
    const told = part.if?.properties?.[tag]?.const ?? "";
    return {
      ...form,
      title: String(told),
      properties: { [tag]: { const: told }, ...properties, ...form.properties, [tag]: { const: told } },
      required: [...new Set([tag, ...required, ...(form.required ?? [])])],
    };
  });
  const isOpen = widgetOf(resolved(properties[tag] ?? {}, root, depth + 1), root, tag) === "text";
  const another = {
    type: "object",
    title: `another ${tag}`,
    properties: { ...properties, [tag]: { type: "string" } },
    required,
  };
  return { ...rest, oneOf: isOpen ? [...forms, another] : forms };
}

function merged(one: Schema, other: Schema): Schema {
  const whole = { ...other, ...one };
  if (one.properties && other.properties) whole.properties = { ...other.properties, ...one.properties };
  if (one.required && other.required) whole.required = [...one.required, ...other.required];
  return whole;
}

function referred(reference: string, root: Schema): Schema {
  let found: unknown = root;
  for (const token of reference.replace(/^#\/?/, "").split("/").filter(Boolean)) {
    const key = decodeURIComponent(token).replaceAll("~1", "/").replaceAll("~0", "~");
    found = typeof found === "object" && found !== null ? (found as Record<string, unknown>)[key] : undefined;
  }
  return typeof found === "object" && found !== null ? (found as Schema) : {};
}

const typesOf = (schema: Schema): string[] =>
  Array.isArray(schema.type)
    ? schema.type.filter((type) => type !== "null")
    : schema.type
      ? [schema.type]
      : [];

/** Every value may be an expression: the fields have a switch for that. */
const isOfExpressions = (schema: Schema) =>
  schema.type === "string" && schema.pattern?.includes("\\$\\{") === true;

/** The branches of a union, without those that only say that a value may be null, or an expression. */
export function branchesOf(schema: Schema, root: Schema, depth = 0): Schema[] {
  return (schema.oneOf ?? schema.anyOf ?? [])
    .map((branch) => resolved(branch, root, depth))
    .filter((branch) => branch.type !== "null" && branch.const !== null && !isOfExpressions(branch));
}

/** The forms that a value of a union can have; a text of it can be a name. */
export function formsOf(schema: Schema, root: Schema): Schema[] {
  const names = schema["x-names"];
  return branchesOf(schema, root).map((branch) =>
    names && branch.type === "string" ? { ...branch, "x-names": names } : branch,
  );
}

/** What a field is edited with. */
export function widgetOf(schema: Schema, root: Schema, name: string): Widget {
  if (schema["x-json-schema"]) return "schema";
  const branches = branchesOf(schema, root);
  if (branches.length > 1 && !schema.properties) {
    const open = branches.filter((one) => one.const === undefined && !one.enum);
    return !open.length ? "choice" : open.every(isAnyText) && isOfTexts(schema, root) ? "text" : "union";
  }
  if (schema.enum) return "choice";
  const types = typesOf(schema);
  if (types.length > 1)
    return types.includes("string") && !types.includes("object") && !types.includes("array") ? "text" : "any";
  const type = types[0] ?? (schema.properties ? "object" : schema.items ? "array" : undefined);
  if (type === "array") {
    if (name === "messages") return "messages";
    return namedItem(schema, root) ? "named" : schema.items ? "array" : "any";
  }
  if (type === "object") {
    if (Object.keys(schema.properties ?? {}).length) return schema.maxProperties === 1 ? "one" : "object";
    return schema.additionalProperties === false ? "none" : "map";
  }
  if (type === "integer" || type === "number") return "number";
  if (type === "boolean") return "boolean";
  return type === "string" ? "text" : "any";
}

const isAnyText = ({ type, pattern, format }: Schema) => type === "string" && !pattern && !format;

/** Whether what one can choose are texts, and some. */
function isOfTexts(schema: Schema, root: Schema): boolean {
  const choices = choicesOf(schema, root);
  return choices.length > 0 && choices.every((one) => typeof one === "string");
}

/** What stands behind the name of an item, in a list of items that have one name each, as the cases of a switch. */
export function namedItem(schema: Schema, root: Schema): Schema | null {
  const { maxProperties, properties, additionalProperties } = schema.items
    ? resolved(schema.items, root)
    : {};
  return maxProperties === 1 && !properties && typeof additionalProperties === "object"
    ? additionalProperties
    : null;
}

/** Whether an object is a few numbers, as a duration is: they are shown beside each other, given or not. */
export function isOfNumbers(schema: Schema): boolean {
  const parts = Object.values(schema.properties ?? {});
  return (
    schema.additionalProperties === false &&
    parts.length > 1 &&
    parts.length <= MOST_NUMBERS &&
    parts.every(({ type }) => type === "integer" || type === "number")
  );
}

/** The values that one can choose from. */
export function choicesOf(schema: Schema, root: Schema): Json[] {
  const named = branchesOf(schema, root).flatMap((branch) => branch.enum ?? branch.const ?? []);
  return [...new Set(schema.enum ?? named)];
}

/** What a field begins with. */
export function blankOf(schema: Schema, root: Schema, depth = 0): Json {
  const known = resolved(schema, root);
  if (known.default !== undefined) return known.default;
  if (known.const !== undefined) return known.const;
  if (known.enum) return known.enum.find((one) => one !== null) ?? null;
  const branch = branchesOf(known, root)[0];
  if (branch && !known.properties) return depth < 3 ? blankOf(branch, root, depth + 1) : null;
  switch (typesOf(known)[0] ?? (known.properties ? "object" : "")) {
    case "object": {
      if (depth > 3) return {};
      const names = Object.keys(known.properties ?? {});
      const needed =
        known.maxProperties === 1
          ? names.slice(0, 1)
          : names.filter((name) => known.required?.includes(name));
      return Object.fromEntries(
        needed.map((name) => [name, blankOf(known.properties?.[name] ?? {}, root, depth + 1)]),
      );
    }
    case "array":
      return [];
    case "integer":
    case "number":
      return numberOf(known);
    case "boolean":
      return false;
    default:
      return "";
  }
}

/** 0, or the next number that is within the bounds of a schema. */
function numberOf(schema: Schema): number {
  const { minimum, maximum, exclusiveMinimum: above, exclusiveMaximum: below } = schema;
  const isWithin = (value: number) =>
    value >= (minimum ?? value) &&
    value <= (maximum ?? value) &&
    !(above !== undefined && value <= above) &&
    !(below !== undefined && value >= below);
  const [low, high] = [above ?? minimum, below ?? maximum];
  const likely = [0, minimum, above !== undefined && Math.floor(above) + 1, maximum];
  const between = low !== undefined && high !== undefined && (low + high) / 2;
  const numbers = [...likely, below !== undefined && Math.ceil(below) - 1, between];
  return numbers.filter((one) => typeof one === "number").find(isWithin) ?? 0;
}

/** What an optional field begins with: a switch is added to be turned over. */
export function addedOf(schema: Schema, root: Schema): Json {
  const blank = blankOf(schema, root);
  return typeof blank === "boolean" ? !blank : blank;
}

function fits(schema: Schema, value: Json, root: Schema): number {
  if (schema.const !== undefined) return schema.const === value ? 3 : -1;
  if (schema.enum) return schema.enum.includes(value) ? 3 : -1;
  const types = typesOf(schema);
  const type = Array.isArray(value) ? "array" : value === null ? "null" : typeof value;
  if (types.length && !types.includes(type) && !(type === "number" && types.includes("integer"))) return -1;
  if (!isObject(value)) return types.length ? 1 : 0;
  let score = 1;
  for (const [name, part] of Object.entries(value)) {
    const known = schema.properties?.[name];
    if (!known) score -= 0.5;
    else {
      const inner = resolved(known, root);
      const wrong =
        (inner.const !== undefined && inner.const !== part) || (inner.enum && !inner.enum.includes(part));
      score += wrong ? -3 : isSettled(inner, part) ? 3 : 1;
    }
  }
  return score - (schema.required ?? []).filter((name) => !(name in value)).length;
}

/** The branch of a union that a value is most likely meant to be. */
export function branchOf(branches: Schema[], value: Json | undefined, root: Schema): number {
  if (value === undefined) return 0;
  const scores = branches.map((branch) => fits(branch, value, root));
  return scores.indexOf(Math.max(...scores));
}

const NAMES: Record<string, string> = { string: "text", object: "fields", array: "list" };

/** What a branch is called where one chooses. */
export function branchLabel(branch: Schema, index: number): string {
  if (branch["x-names"]) return `name of one under use.${branch["x-names"]}`;
  if (branch.title) return branch.title;
  if (branch.enum)
    return branch.enum.length > MOST_CHOICES
      ? `${branch.enum.slice(0, MOST_CHOICES).join(", ")} …`
      : branch.enum.join(", ");
  const kind = Object.values(branch.properties ?? {}).find(
    (part) => part.const !== undefined || part.enum?.length === 1,
  );
  const told = kind?.const ?? kind?.enum?.[0];
  if (typeof told === "string") return told;
  const type = typesOf(branch)[0];
  return type ? (NAMES[type] ?? type) : `form ${index + 1}`;
}

/** Fields that are meant by what is written: the name first, then what they are for. */
export function found<T extends { label: string; about: string }>(fields: T[], query: string): T[] {
  const asked = query.trim().toLowerCase();
  const rank = ({ label, about }: T) => {
    const name = label.toLowerCase();
    if (name.startsWith(asked)) return 0;
    return name.includes(asked) ? 1 : about.toLowerCase().includes(asked) ? 2 : 3;
  };
  return fields.filter((one) => rank(one) < 3).sort((one, other) => rank(one) - rank(other));
}

const DEEPEST = 3;

/** Fields of fields that are not given yet, by all their names: those of the query, the headers or the body of a request. */
export function innerFields(
  schema: Schema,
  value: Json | undefined,
  root: Schema,
  path: string[] = [],
): { path: string[]; schema: Schema }[] {
  const isOpen = value === undefined || isObject(value);
  return Object.entries(isOpen && path.length < DEEPEST ? (schema.properties ?? {}) : {}).flatMap(
    ([name, part]) => {
      if (part["x-tasks"]) return [];
      const [inner, given, at] = [
        resolved(part, root),
        isObject(value) ? value[name] : undefined,
        [...path, name],
      ];
      const own = path.length > 0 && given === undefined ? [{ path: at, schema: inner }] : [];
      return [...own, ...innerFields(inner, given, root, at)];
    },
  );
}

/** Whether a field has the one value that it can have: there is nothing to edit. */
export const isSettled = (schema: Schema, value: Json | undefined) =>
  value !== undefined && (schema.const === value || (schema.enum?.length === 1 && schema.enum[0] === value));
