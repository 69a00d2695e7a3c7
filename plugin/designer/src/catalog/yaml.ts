import type { Json } from "../api/types";

const PLAIN_TEXT = /^[A-Za-z_/.$][\w /.$@+-]*$/;
const PRINTABLE = /^[ -~\u00a1-\ud7ff]*$/;
const WORDS = /^(true|false|null|yes|no|on|off|~)$/i;

/** A value as one reads it in a preview; what is saved is written by the server. */
export function asYaml(value: Json, indent = ""): string {
  if (Array.isArray(value)) {
    if (!value.length) return "[]";
    return value.map((part) => `${indent}- ${nested(part, `${indent}  `).trimStart()}`).join("\n");
  }
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value);
    if (!entries.length) return "{}";
    return entries.map(([key, part]) => `${indent}${scalar(key)}: ${below(part, indent)}`).join("\n");
  }
  return scalar(value);
}

const isNested = (value: Json) =>
  typeof value === "object" && value !== null && Object.keys(value).length > 0;

function nested(value: Json, indent: string): string {
  return isNested(value) ? asYaml(value, indent) : asYaml(value);
}

function below(value: Json, indent: string): string {
  return isNested(value) ? `\n${asYaml(value, `${indent}  `)}` : asYaml(value);
}

function scalar(value: Json): string {
  if (typeof value !== "string") return JSON.stringify(value);
  if (PLAIN_TEXT.test(value) && !WORDS.test(value) && value === value.trim()) return value;
  return value.includes('"') && PRINTABLE.test(value)
    ? `'${value.replaceAll("'", "''")}'`
    : JSON.stringify(value);
}
