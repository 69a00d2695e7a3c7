import { Lexer, type Token, type Tokens } from "marked";
import { createElement, Fragment, type ReactNode } from "react";

/** Where a link of a document leads: to a definition, by itself or by its folder, to the web, or nowhere that the page shows. */
export type Led = { definition: string } | { address: string } | null;

const WEB = /^https?:\/\//i;
const ABSOLUTE = /^([a-z][a-z0-9+.-]*:|\/|#)/i;

/**
 * Looks at what a link says.
 *
 * @param href As it is written.
 * @param from The path of the document.
 * @param definitions Paths of all that there are.
 */
export function led(href: string, from: string, definitions: readonly string[]): Led {
  if (WEB.test(href)) return { address: href };
  if (ABSOLUTE.test(href)) return null;
  const steps = from.split("/").slice(0, -1);
  for (const step of (href.split(/[?#]/)[0] ?? "").split("/")) {
    if (step === "..") steps.pop();
    else if (step && step !== ".") steps.push(step);
  }
  const path = decoded(steps.join("/"));
  if (definitions.includes(path)) return { definition: path };
  const [only, ...others] = definitions.filter((one) => one.startsWith(`${path}/`));
  return only !== undefined && !others.length ? { definition: only } : null;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a percent sign of its name
  }
}

const NAMED: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'", nbsp: "\u00a0" };
const plain = (text: string) => text.replace(/&(amp|lt|gt|quot|#39|nbsp);/g, (_, name) => NAMED[name] ?? "");

interface Props {
  text: string;
  /** Draws a link; what it leads to is not for a document to say. */
  link(href: string, words: ReactNode): ReactNode;
}

/** A document in Markdown. None of it becomes HTML by itself: tags in it are shown as they are written. */
export function Markdown({ text, link }: Props) {
  return <Blocks tokens={Lexer.lex(text)} link={link} />;
}

type Inner = { tokens: Token[] | undefined } & Pick<Props, "link">;

function Blocks({ tokens = [], link }: Inner) {
  return tokens.map((token, index) => <Block key={index} token={token} link={link} />);
}

function Block({ token, link }: { token: Token } & Pick<Props, "link">) {
  const inline = (tokens: Token[] | undefined) => <Inlines tokens={tokens} link={link} />;
  switch (token.type) {
    case "heading":
      return createElement(`h${Math.min(token.depth + 2, 6)}`, null, inline(token.tokens));
    case "paragraph":
      return <p>{inline(token.tokens)}</p>;
    case "code":
      return <pre className="code">{token.text}</pre>;
    case "blockquote":
      return (
        <blockquote>
          <Blocks tokens={token.tokens} link={link} />
        </blockquote>
      );
    case "list": {
      const { ordered, start, items } = token as Tokens.List;
      return createElement(
        ordered ? "ol" : "ul",
        ordered && start !== 1 ? { start } : null,
        items.map((item, index) => (
          <li key={index}>
            <Blocks tokens={item.tokens} link={link} />
          </li>
        )),
      );
    }
    case "table":
      return <Table table={token as Tokens.Table} link={link} />;
    case "hr":
      return <hr />;
    case "space":
    case "def":
      return null;
    case "html":
      return /^\s*<!--/.test(token.text) ? null : <p>{token.text}</p>;
    default:
      return <Inlines tokens={[token]} link={link} />;
  }
}

function Table({ table, link }: { table: Tokens.Table } & Pick<Props, "link">) {
  const cells = (row: Tokens.TableCell[], as: "th" | "td") => (
    <tr>
      {row.map((cell, index) =>
        createElement(as, { key: index }, <Inlines tokens={cell.tokens} link={link} />),
      )}
    </tr>
  );
  return (
    <table>
      <thead>{cells(table.header, "th")}</thead>
      <tbody>
        {table.rows.map((row, index) => (
          <Fragment key={index}>{cells(row, "td")}</Fragment>
        ))}
      </tbody>
    </table>
  );
}

function Inlines({ tokens = [], link }: Inner) {
  return tokens.map((token, index) => <Inline key={index} token={token} link={link} />);
}

function Inline({ token, link }: { token: Token } & Pick<Props, "link">): ReactNode {
  const inner = "tokens" in token && token.tokens ? <Inlines tokens={token.tokens} link={link} /> : null;
  switch (token.type) {
    case "strong":
      return <strong>{inner}</strong>;
    case "em":
      return <em>{inner}</em>;
    case "del":
      return <del>{inner}</del>;
    case "codespan":
      return <code>{plain(token.text)}</code>;
    case "br":
      return <br />;
    case "link":
      return link(token.href, inner);
    case "image":
      return token.text;
    case "checkbox":
      return token.checked ? "☑ " : "☐ ";
    default:
      return inner ?? plain("text" in token ? token.text : token.raw);
  }
}
