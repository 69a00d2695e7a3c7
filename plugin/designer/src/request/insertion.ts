/** Whether a place of a text is between `${` and `}`. */
export function isInside(text: string, place: number): boolean {
  const before = text.slice(0, place);
  const opened = before.lastIndexOf("${");
  return opened >= 0 && before.indexOf("}", opened) < 0;
}

/** The expression of a text that a place is in, else the last one; without its `${` and `}`. */
export function expressionAt(text: string, place: number): string | null {
  let found: string | null = null;
  for (let from = text.indexOf("${"); from >= 0; from = text.indexOf("${", from + 2)) {
    const end = endOf(text, from + 2);
    if (end < 0) break;
    found = text.slice(from + 2, end).trim();
    if (place <= end) break;
  }
  return found || null;
}

/** Where the brace is that closes what begins here; jq has braces and texts of its own. */
export function endOf(text: string, from: number): number {
  let depth = 0;
  let quoted = false;
  for (let at = from; at < text.length; at++) {
    const sign = text[at];
    if (sign === '"' && text[at - 1] !== "\\") quoted = !quoted;
    else if (quoted) continue;
    else if (sign === "{") depth++;
    else if (sign === "}" && depth-- === 0) return at;
  }
  return -1;
}

/**
 * A text with an expression in place of what is selected, or where the cursor is: inside of `${ … }` as it is, else in
 * braces of its own.
 */
export function withExpression(text: string, from: number, to: number, expression: string): string {
  const inserted = isInside(text, from) ? expression : `\${ ${expression} }`;
  return text.slice(0, from) + inserted + text.slice(to);
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The jq path of a part: `.items[0]["first name"]`. */
export function jqPath(keys: readonly (string | number)[]): string {
  return keys
    .map((key) =>
      typeof key === "number" ? `[${key}]` : NAME.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`,
    )
    .join("");
}
