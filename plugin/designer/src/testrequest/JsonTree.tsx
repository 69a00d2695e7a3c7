import { type ReactNode, useState } from "react";
import type { Json } from "../api/types";
import { DRAGGED, useCursor } from "../request/form";
import { jqPath } from "../request/insertion";
import "./tree.css";

const AT_ONCE = 100;
const OPEN_DEPTH = 2;
const CUT = 240;
/** From so many on, fields without a value stand in the way of those that have one. */
const MANY_NULLS = 4;

interface Props {
  value: Json;
  /** The expression of the whole value, as `$tasks.classify`; without one nothing can be picked. */
  base: string | null;
  pick?(expression: string): void;
  label: string;
}

/** Data as a tree: open where it is shallow, and never more of it in the page than one looks at. */
export function JsonTree({ value, base, pick, label }: Props) {
  return (
    <div className="tree" role="group" aria-label={label}>
      <Node value={value} keys={[]} base={base} pick={pick} depth={0} name={null} />
    </div>
  );
}

interface NodeProps {
  value: Json;
  keys: readonly (string | number)[];
  base: string | null;
  pick: ((expression: string) => void) | undefined;
  depth: number;
  name: string | number | null;
}

function Node({ value, keys, base, pick, depth, name }: NodeProps) {
  const nested = typeof value === "object" && value !== null;
  const [open, setOpen] = useState(depth < OPEN_DEPTH);
  const [shown, setShown] = useState(AT_ONCE);
  const [withNulls, setWithNulls] = useState(false);
  const nulls =
    nested && !Array.isArray(value) ? Object.values(value).filter((part) => part === null).length : 0;
  const hidden = withNulls || nulls < MANY_NULLS ? 0 : nulls;
  const entries: [string | number, Json][] = !nested
    ? []
    : Array.isArray(value)
      ? value.slice(0, shown).map((part, index) => [index, part])
      : Object.entries(value)
          .filter(([, part]) => !hidden || part !== null)
          .slice(0, shown);
  const count = nested ? (Array.isArray(value) ? value.length : Object.keys(value).length) : 0;
  return (
    <div className="node">
      <div className="node-line">
        {nested && count > 0 ? (
          <button
            type="button"
            className="twist"
            aria-expanded={open}
            aria-label={`${name ?? "whole"} ${open ? "close" : "open"}`}
            onClick={() => setOpen(!open)}
          >
            {open ? "▾" : "▸"}
          </button>
        ) : (
          <span className="twist" />
        )}
        {name !== null && (
          <Name name={name} expression={base === null ? null : base + jqPath(keys)} pick={pick} />
        )}
        {nested ? (
          <small>{summary(value, count)}</small>
        ) : (
          <Picked expression={base === null ? null : base + jqPath(keys)} pick={pick}>
            <Scalar value={value} />
          </Picked>
        )}
      </div>
      {open && nested && (
        <div className="node-parts">
          {entries.map(([key, part]) => (
            <Node
              key={key}
              value={part}
              keys={[...keys, key]}
              base={base}
              pick={pick}
              depth={depth + 1}
              name={key}
            />
          ))}
          {hidden > 0 && (
            <button type="button" className="nulls" onClick={() => setWithNulls(true)}>
              {hidden} more are null
            </button>
          )}
          {count - hidden > shown && (
            <button type="button" className="button small plain" onClick={() => setShown(shown + AT_ONCE)}>
              {count - hidden - shown} more
            </button>
          )}
        </div>
      )}
    </div>
  );
}

const summary = (value: Json, count: number) =>
  Array.isArray(value) ? `[${count}]` : count === 0 ? "{}" : `{${count}}`;

/** A name that can be clicked or dragged into a field. */
export function Name(props: { name: string | number; expression: string | null; pick: NodeProps["pick"] }) {
  const { name, expression, pick } = props;
  if (expression === null || !pick) return <code className="key">{name}</code>;
  return (
    <button
      type="button"
      className="key"
      draggable
      title={`Put \${ ${expression} } where the cursor was, or drag it to a field`}
      // The cursor comes back to its field, so that one can pick several; kept there, nothing could be dragged.
      onMouseDown={() => useCursor.getState().hold()}
      onClick={() => {
        useCursor.getState().release();
        pick(expression);
      }}
      onDragStart={(event) => {
        event.dataTransfer.setData("text/plain", `\${ ${expression} }`);
        event.dataTransfer.setData(DRAGGED, expression);
        event.dataTransfer.effectAllowed = "copy";
      }}
      onDragEnd={() => useCursor.getState().release()}
    >
      {name}
    </button>
  );
}

/** A value that can be clicked as its name can; by the keyboard, the name is. Its text can still be selected. */
function Picked(props: { expression: string | null; pick: NodeProps["pick"]; children: ReactNode }) {
  const { expression, pick, children } = props;
  if (expression === null || !pick) return children;
  const { hold, release } = useCursor.getState();
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the name beside it does the same
    <span
      className="picked"
      title={`Put \${ ${expression} } where the cursor was`}
      onMouseDown={() => {
        hold();
        window.addEventListener("mouseup", () => requestAnimationFrame(release), { once: true });
      }}
      onClick={({ target }) => {
        const isMore = target instanceof Element && target.closest("button") !== null;
        if (isMore || window.getSelection()?.isCollapsed === false) return;
        release();
        pick(expression);
      }}
    >
      {children}
    </span>
  );
}

/** A scalar as a person reads it: of a fraction the digits that mean something, as 0.3 for 0.30000000000000004. */
export function toldScalar(value: Json): string {
  if (typeof value === "string") return value;
  if (typeof value !== "number" || Number.isInteger(value)) return JSON.stringify(value);
  return String(Number(value.toPrecision(15)));
}

function Scalar({ value }: { value: Json }) {
  const text = toldScalar(value);
  const [whole, setWhole] = useState(false);
  const exact = typeof value === "number" && String(value) !== text ? String(value) : undefined;
  return (
    <span className={`scalar ${value === null ? "null" : typeof value}`} title={exact}>
      {whole ? text : text.slice(0, CUT)}
      {!whole && text.length > CUT && (
        <button type="button" className="button small plain" onClick={() => setWhole(true)}>
          … {text.length - CUT} more
        </button>
      )}
    </span>
  );
}
