import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { checkConnection } from "../api/endpoints";
import type { ConnectionCheck, ConnectionState } from "../api/types";
import { useProject } from "../app/opening";
import { Panel } from "../app/Panel";
import { Refused, Told } from "../ui/Prose";
import { NewConnection } from "./NewConnection";
import "../ui/panel.css";

/** The connections of httptask.toml: which are ready, and what the others lack. Values of secrets never come here. */
export default function Connections() {
  const { data, error } = useProject();
  const [isAdding, setAdding] = useState(false);
  const [added, setAdded] = useState<string>();
  const opener = useRef<HTMLButtonElement>(null);
  const wasAdding = useRef(false);
  useEffect(() => {
    if (wasAdding.current && !isAdding && added === undefined) opener.current?.focus();
    wasAdding.current = isAdding;
  }, [isAdding, added]);
  const close = (name?: string) => {
    setAdding(false);
    setAdded(name);
  };
  return (
    <Panel title="Connections" className="panel">
      {error && <Refused error={error} />}
      {!data && !error && <p className="panel-foot">Loading …</p>}
      {data?.connections.length === 0 && <p className="panel-foot">There is no connection yet.</p>}
      <ul className="panel-list">
        {data?.connections.map((one) => (
          <Connection key={one.name} connection={one} isNew={one.name === added} />
        ))}
      </ul>
      {data && isAdding && <NewConnection dotenv={data.dotenv} added={close} giveUp={() => close()} />}
      {data && !isAdding && (
        <p className="panel-foot">
          <button type="button" className="button" ref={opener} onClick={() => setAdding(true)}>
            Add connection
          </button>{" "}
          <span role="status">
            {added !== undefined && `Added ${added}. `}
            They are tables of {data.configuration}, <code>[connections.NAME]</code>. A task of the catalogue
            adds the one that it needs.
          </span>
        </p>
      )}
    </Panel>
  );
}

function Connection({ connection, isNew }: { connection: ConnectionState; isNew: boolean }) {
  const next = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (isNew) next.current?.focus(); // the check is what comes after
  }, [isNew]);
  const { name, provider, base_url, ready, missing, fix } = connection;
  const check = useMutation({ mutationFn: () => checkConnection(name) });
  return (
    <li>
      <header>
        <b>{name}</b>
        <code>{base_url ?? "the server is a secret"}</code>
        {provider && <span className="muted">{provider}</span>}
        <span className="grow" />
        <span className={`badge ${ready ? "completed" : "warning"}`}>{ready ? "ready" : "not set up"}</span>
        <button
          ref={next}
          type="button"
          className="button small"
          aria-label={`Check ${name}`}
          disabled={check.isPending}
          onClick={() => check.mutate()}
        >
          {check.isPending ? "Checking …" : "Check"}
        </button>
      </header>
      <p className="muted">{connection.origins.join("; ")}</p>
      {!ready && (
        <p>
          {missing.join(", ")} {missing.length === 1 ? "is" : "are"} missing:{" "}
          <code className="fix">{fix}</code>
        </p>
      )}
      {check.error && <Refused error={check.error} />}
      {check.data && <Steps checked={check.data} />}
    </li>
  );
}

/** What became of one GET, step by step, up to the first that failed. */
function Steps({ checked }: { checked: ConnectionCheck }) {
  return (
    <ol className="steps" aria-label={`GET ${checked.asked || "the base URL"}`} aria-live="polite">
      {checked.steps.map(({ step, ok, told, cure }) => (
        <li key={step}>
          <b className={ok ? "good" : "bad"}>{ok ? "ok" : "failed"}</b> {step}:{" "}
          <Told message={told} hint={cure} />
        </li>
      ))}
    </ol>
  );
}
