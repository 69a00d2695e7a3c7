import type { JsonObject } from "../api/types";
import { endOf } from "./insertion";
import type { Schema } from "./schema";

/** That a text is made of values: an address of the variables of its path, a header of cookies. */
export interface MadeOf {
  kind: "path" | "cookie";
  /** Of a path, with the names of its variables in braces. */
  template?: string;
  /** Of the values, by their names; all of them are text. */
  schema: Schema;
}

/** A text taken apart. */
export interface Parts {
  values: JsonObject;
  /** The text with another value; without it where that is undefined. */
  with(name: string, value: string | undefined): string;
}

export function partsOf({ kind, template = "" }: MadeOf, text: string): Parts | null {
  return kind === "path" ? pathParts(template, text) : cookieParts(text);
}

/** Variables in one segment of a path: with more, how often a text can be divided grows without bound. */
const MOST_IN_SEGMENT = 2;
const HELD = "\ue000";

/** Spans of a text that are taken as a whole: expressions, and variables of URI templates. */
function spansOf(text: string): [number, number][] {
  const found: [number, number][] = [];
  for (let at = text.indexOf("{"); at >= 0; at = text.indexOf("{", at)) {
    const isExpression = text[at - 1] === "$";
    const end = isExpression ? endOf(text, at + 1) : text.indexOf("}", at);
    if (end < 0) break;
    found.push([isExpression ? at - 1 : at, end + 1]);
    at = end + 1;
  }
  return found;
}

/** A text whose spans are one sign each, and what each of its places is in the text. */
function held(text: string): { plain: string; places: number[] } {
  let plain = "";
  const places: number[] = [];
  const take = (sign: string, at: number) => {
    plain += sign;
    places.push(at);
  };
  let at = 0;
  for (const [from, to] of spansOf(text)) {
    for (; at < from; at++) take(text.charAt(at), at);
    take(HELD, at);
    at = to;
  }
  for (; at < text.length; at++) take(text.charAt(at), at);
  places.push(text.length);
  return { plain, places };
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

function pathParts(template: string, text: string): Parts | null {
  if (template.split("/").some((segment) => segment.split("{").length > MOST_IN_SEGMENT + 1)) return null;
  const pieces = template.split(/\{([^{}]*)\}/);
  const names = pieces.filter((_, index) => index % 2);
  const pattern = pieces.map((piece, index) => (index % 2 ? "([^/?#]*)" : escaped(piece))).join("");
  const { plain, places } = held(text);
  const match = new RegExp(`${pattern}(?=/?(?:[?#].*)?$)`, "ds").exec(plain);
  if (!match?.indices) return null;
  const spans = match.indices
    .slice(1)
    .map(([from, to] = [0, 0]) => [places[from] ?? 0, places[to] ?? 0] as const);
  return {
    values: Object.fromEntries(spans.map((span, index) => [names[index], decoded(text.slice(...span))])),
    with(name, value = "") {
      const [from, to] = spans[names.indexOf(name)] ?? [0, 0];
      return text.slice(0, from) + encoded(value) + text.slice(to);
    },
  };
}

function mapped(text: string, change: (text: string) => string): string {
  let made = "";
  let at = 0;
  for (const [from, to] of spansOf(text)) {
    made += change(text.slice(at, from)) + text.slice(from, to);
    at = to;
  }
  return made + change(text.slice(at));
}

/** Text in an address is percent-encoded, so that it stays within its segment; expressions stand as they are. */
const encoded = (text: string) => mapped(text, encodeURIComponent);

function decoded(text: string): string {
  try {
    return mapped(text, decodeURIComponent);
  } catch {
    return text; // which is not encoded
  }
}

function cookieParts(text: string): Parts {
  const { plain, places } = held(text);
  const pairs: [string, string][] = [];
  for (const { index, 0: pair } of plain.matchAll(/[^;]+/g)) {
    const whole = text.slice(places[index], places[index + pair.length]);
    const at = pair.indexOf("=");
    const name = at < 0 ? whole : text.slice(places[index], places[index + at]);
    if (name.trim())
      pairs.push([
        name.trim(),
        at < 0 ? "" : text.slice(places[index + at + 1], places[index + pair.length]).trim(),
      ]);
  }
  return {
    values: Object.fromEntries(pairs),
    with(name, value) {
      const others = value === undefined ? pairs.filter(([one]) => one !== name) : pairs;
      const changed = others.map(([one, old]) => [one, one === name ? (value ?? old) : old]);
      if (value !== undefined && !pairs.some(([one]) => one === name)) changed.push([name, value]);
      return changed.map((pair) => pair.join("=")).join("; ");
    },
  };
}
