import { type ReactNode, useMemo, useState } from "react";
import type {
  Block,
  Drift,
  Hop,
  Json,
  OutcomePart,
  PreparedPart,
  Report,
  ResponsePart,
  WirePart,
} from "../api/types";
import { asYaml } from "../catalog/yaml";
import { useCursor } from "../request/form";
import { Prose, Simulated, Told } from "../ui/Prose";
import { toldDuration } from "../ui/time";
import { JsonTree } from "./JsonTree";
import { schemaOf } from "./shape";
import { ValueTable } from "./ValueTable";

const MAX_TEXT = 200_000;

function PartView({
  part,
  children,
}: {
  part: { happened: string; run_would?: string | null; change?: string | null };
  children?: ReactNode;
}) {
  return (
    <div className="part">
      <p>
        <Prose text={part.happened} />
      </p>
      {part.run_would && (
        <p className="muted">
          A run would <Prose text={ended(part.run_would)} />
        </p>
      )}
      {part.change && (
        <p className="change">
          <b>To do:</b> <Prose text={ended(part.change)} />
        </p>
      )}
      {children}
    </div>
  );
}

/** Texts of the server are parts of a sentence. */
const ended = (text: string) => (/[.!?…\]"]$/.test(text) ? text : `${text}.`);

export function Code({ value, label }: { value: Json; label: string }) {
  const text = useMemo(() => (typeof value === "string" ? value : JSON.stringify(value, null, 2)), [value]);
  return (
    <pre className="code" role="region" tabIndex={0} aria-label={label}>
      {text.slice(0, MAX_TEXT)}
      {text.length > MAX_TEXT && `\n… ${text.length - MAX_TEXT} characters more`}
    </pre>
  );
}

function Headers({ headers }: { headers: Record<string, string> }) {
  return (
    <dl className="headers">
      {Object.entries(headers).map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Faults({ faults }: { faults: Drift[] | undefined }) {
  return faults?.map((fault) => (
    <p className="field-fault warning" key={fault.pointer + fault.message}>
      <code>{fault.pointer}</code> <Told message={fault.message} hint={fault.hint} />
    </p>
  ));
}

export function PreparedView({ part }: { part: PreparedPart }) {
  return (
    <PartView part={part}>
      <Faults faults={part.warnings} />
      <p className="line">
        <b>{part.method.toUpperCase()}</b> <code>{part.uri}</code>
        <Copy text={part.curl} label="Copy as cURL" />
      </p>
      <Headers headers={part.headers} />
      {part.body !== undefined && part.body !== null && <Code value={part.body} label="Body" />}
    </PartView>
  );
}

export function Copy({ text, label }: { text: string; label: string }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setDone(true);
    setTimeout(() => setDone(false), 1500);
  };
  return (
    <button type="button" className="button small" onClick={() => void copy()}>
      {done ? "Copied" : label}
    </button>
  );
}

export function WireView({ part }: { part: WirePart }) {
  return (
    <PartView part={part}>
      <ol className="hops">
        {part.hops?.map((hop) => (
          <HopLine key={hop.started} hop={hop} />
        ))}
      </ol>
    </PartView>
  );
}

const STEPS = ["dns", "connect", "tls", "first_byte"] as const;

function HopLine({ hop }: { hop: Hop }) {
  return (
    <li>
      <p>
        <b>{hop.method}</b> <code>{hop.uri}</code>{" "}
        {hop.for_token && <span className="badge">for a token</span>}{" "}
        {hop.status ? (
          <b className={hop.status < 400 ? "good" : "bad"}>{hop.status}</b>
        ) : (
          <span className="bad">{hop.error}</span>
        )}
      </p>
      <p className="muted">
        {STEPS.filter((step) => typeof hop[step] === "number")
          .map((step) => `${step.replace("_", " ")} ${toldDuration(hop[step] ?? 0)}`)
          .concat(`whole ${toldDuration(hop.total)}`)
          .join(" · ")}
      </p>
    </li>
  );
}

const PARTS = new Set(["happened", "run_would", "change", "status", "headers", "drift"]);

/** What came: the body, or what the activity made of it. */
function answerOf(part: ResponsePart): Json {
  if (part.content !== undefined && part.content !== null) return part.content;
  const rest = Object.entries(part).filter(([name, value]) => !PARTS.has(name) && value !== undefined);
  return Object.fromEntries(rest) as Json;
}

const VIEWS = ["tree", "table", "json", "schema", "headers"] as const;

export function ResponseView({ report, block }: { report: Report; block: Block }) {
  const { response, outcome } = report;
  const [view, setView] = useState<(typeof VIEWS)[number]>("tree");
  if (!response) return null;
  const picked = outcome?.downstream !== undefined && !outcome.error;
  const value = picked ? (outcome?.downstream ?? null) : answerOf(response);
  return (
    <PartView part={response}>
      {report.wire?.simulated && <Simulated />}
      <Faults faults={response.drift} />
      <div className="views">
        {VIEWS.map((one) => (
          <button
            type="button"
            key={one}
            className="button small"
            aria-pressed={one === view}
            onClick={() => setView(one)}
          >
            {one === "json" ? "JSON" : one.charAt(0).toUpperCase() + one.slice(1)}
          </button>
        ))}
      </div>
      {view === "tree" && (
        <JsonTree
          value={value}
          base={picked ? `$tasks.${block.name}` : null}
          pick={(expression) => useCursor.getState().target?.take(expression)}
          label="Response"
        />
      )}
      {view === "table" && <ValueTable value={value} />}
      {view === "json" && <Code value={answerOf(response)} label="Body of the response" />}
      {view === "schema" && <SchemaOf value={value} />}
      {view === "headers" && <Headers headers={response.headers ?? {}} />}
    </PartView>
  );
}

/** What an `output.schema` would demand of such an answer. */
function SchemaOf({ value }: { value: Json }) {
  const text = useMemo(() => asYaml(schemaOf(value)), [value]);
  return (
    <>
      <Copy text={text} label="Copy schema" />
      <Code value={text} label="Schema of the response" />
    </>
  );
}

/** What was used stands in what the next task sees, unless the definition gives it another output. */
const tellsUsage = ({ downstream, error }: OutcomePart) =>
  !error && typeof downstream === "object" && downstream !== null && "usage" in downstream;

export function OutcomeView({ part, block }: { part: OutcomePart; block: Block }) {
  return (
    <PartView part={part}>
      <p className="muted">
        attempt {part.attempt} of {part.attempts}
        {part.retry_after ? ` · the server asked to wait ${toldDuration(part.retry_after * 1000)}` : ""}
        {part.next_delay ? ` · a run tries again after ${toldDuration(part.next_delay * 1000)}` : ""}
        {part.caught_by ? ` · caught by ${part.caught_by}` : ""}
        {part.next_task ? ` · next: ${part.next_task}` : ""}
      </p>
      {part.error && <pre className="code">{asYaml(part.error)}</pre>}
      {part.downstream !== undefined && !part.error && (
        <>
          <h3>What the next task sees: $tasks.{block.name}</h3>
          <JsonTree
            value={part.downstream}
            base={`$tasks.${block.name}`}
            pick={(expression) => useCursor.getState().target?.take(expression)}
            label="Output"
          />
        </>
      )}
      {part.usage && !tellsUsage(part) && <Code value={part.usage} label="Usage" />}
    </PartView>
  );
}
