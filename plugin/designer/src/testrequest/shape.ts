import type { Json, JsonObject } from "../api/types";

/** The JSON Schema that a value fits: for the `output.schema` of a task, or to see what a long answer is made of. */
export function schemaOf(value: Json): JsonObject {
  if (value === null) return { type: "null" };
  if (Array.isArray(value)) {
    const items = value.map(schemaOf).reduce(either, null);
    return items === null ? { type: "array" } : { type: "array", items };
  }
  if (typeof value === "object") {
    const names = Object.keys(value);
    const properties = Object.fromEntries(names.map((name) => [name, schemaOf(value[name] as Json)]));
    return { type: "object", properties, ...(names.length ? { required: names } : {}) };
  }
  if (typeof value === "number") return { type: Number.isInteger(value) ? "integer" : "number" };
  return { type: typeof value };
}

/** A schema for what fits one of two that are made from values. */
function either(one: JsonObject | null, other: JsonObject): JsonObject {
  if (one === null) return other;
  const types = [...new Set([one.type, other.type].flat())].filter(
    (type, _, all) => type !== "integer" || !all.includes("number"),
  );
  const joined: JsonObject = { type: types.length === 1 ? (types[0] as Json) : (types as Json) };
  const properties = bothOf(one, other, "properties");
  if (properties) {
    const names = [...new Set(properties.flatMap(Object.keys))];
    joined.properties = Object.fromEntries(
      names.map((name) => [
        name,
        properties
          .flatMap((each) => (name in each ? [each[name] as JsonObject] : []))
          .reduce(either, null) as Json,
      ]),
    );
    const required = names.filter((name) =>
      [one, other].every(
        (each) => !each.properties || (each.required as string[] | undefined)?.includes(name),
      ),
    );
    if (required.length) joined.required = required;
  }
  const items = bothOf(one, other, "items");
  if (items) joined.items = items.reduce(either, null) as Json;
  return joined;
}

function bothOf(one: JsonObject, other: JsonObject, key: string): JsonObject[] | null {
  const found = [one, other].flatMap((each) => (each[key] ? [each[key] as JsonObject] : []));
  return found.length ? found : null;
}
