/** Whether a place of a text is between `${` and `}`. */
export function isInside(text: string, place: number): boolean {
  const before = text.slice(0, place);
  const opened = before.lastIndexOf("${");
  return opened >= 0 && before.indexOf("}", opened) < 0;
}

/** Whether a text has expressions that are all written to their end: what it yields can be told. */
export function isEvaluable(text: string): boolean {
  let found = false;
  for (let from = text.indexOf("${"); from >= 0; ) {
    const isLiteral = text[from - 1] === "$"; // `$${` stands for `${`
    const end = isLiteral ? from + 1 : endOf(text, from + 2);
    if (end < 0 || (!isLiteral && !text.slice(from + 2, end).trim())) return false;
    found ||= !isLiteral;
    from = text.indexOf("${", end + 1);
  }
  return found;
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
 * braces of its own, which is also where it would stand right behind another one.
 *
 * @returns with the place where one goes on: inside of the braces where they are all of the text, as for ` >= 4`.
 */
export function withExpression(text: string, from: number, to: number, expression: string): Written {
  const inside = isInside(text, from);
  const isWithinWord = /[\w$.]$/.test(text.slice(0, from)) && /^[\w.]/.test(text.slice(from));
  const brace = inside && from === to && isWithinWord ? endOf(text, from) : -1;
  if (brace >= 0) return withExpression(text, brace + 1, brace + 1, expression); // dropped onto another one
  const behind = inside && from === to ? /^ *\}/.exec(text.slice(from)) : null;
  if (behind && /[^\s({[,;:|<>=+\-*/%]$/.test(text.slice(0, from))) {
    const end = from + behind[0].length;
    return withExpression(text, end, end, expression);
  }
  const before = text.slice(0, from) + (inside ? "" : "${ ");
  const after = (inside ? "" : " }") + text.slice(to);
  const written = before + expression;
  const isAll = before.trim() === "${" && after.trim() === "}";
  return { text: written + after, cursor: written.length + (inside || isAll ? 0 : " }".length) };
}

interface Written {
  text: string;
  cursor: number;
}

/** A text without expressions that were begun, and have nothing in them. */
export const withoutEmpty = (text: string) => text.replace(/(?<!\$)\$\{\s*\}/g, "");

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The jq path of a part: `.items[0]["first name"]`. */
export function jqPath(keys: readonly (string | number)[]): string {
  return keys
    .map((key) =>
      typeof key === "number" ? `[${key}]` : NAME.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`,
    )
    .join("");
}
