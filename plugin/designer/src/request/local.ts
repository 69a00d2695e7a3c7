import type { Json } from "../api/types";
import { isObject } from "./schema";

/** The keys of a JSON Pointer. */
export const keysOf = (pointer: string) =>
  pointer
    .split("/")
    .slice(1)
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));

/** The part of a value at a pointer. */
export const partAt = (value: Json | undefined, pointer: string) =>
  keysOf(pointer).reduce<Json | undefined>(
    (part, key) => (Array.isArray(part) ? part[Number(key)] : isObject(part) ? part[key] : undefined),
    value,
  );

/** A value with one part of it set, or taken out where that is undefined; what is missing on the way is made. */
export function withPart(value: Json | undefined, pointer: string, part: Json | undefined): Json | undefined {
  return changed(value, keysOf(pointer), part);
}

function changed(value: Json | undefined, keys: string[], part: Json | undefined): Json | undefined {
  const [key, ...rest] = keys;
  if (key === undefined) return part;
  if (Array.isArray(value)) {
    const next = changed(value[Number(key)], rest, part);
    if (next === undefined) return value.filter((_, index) => index !== Number(key));
    if (key === "-") return [...value, next];
    const copy = [...value];
    copy[Number(key)] = next;
    return copy;
  }
  if (key === "-" && !isObject(value)) return changed([], keys, part); // the first item of a list that is not there
  const object = isObject(value) ? value : {};
  const next = changed(object[key], rest, part);
  const { [key]: _former, ...others } = object;
  return next === undefined ? others : { ...object, [key]: next };
}
