/**
 * A text with an expression put where the cursor is: inside of `${ … }` as it is, else in braces of its own.
 * A selection at the beginning of an empty field makes the whole value that expression.
 */
export function withExpression(text: string, place: number, expression: string): string {
  const before = text.slice(0, place);
  const opened = before.lastIndexOf("${");
  const inside = opened >= 0 && before.indexOf("}", opened) < 0;
  const inserted = inside ? expression : `\${ ${expression} }`;
  return before + inserted + text.slice(place);
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
