import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { checkConnection, getConnection, removeConnection } from "../api/endpoints";
import type { ConnectionCheck, ConnectionState } from "../api/types";
import { useLayout } from "../app/layout";
import { useDefinitions, useProject } from "../app/opening";
import { Panel } from "../app/Panel";
import { ofDefinition } from "../request/form";
import { useDocument } from "../state/document";
import { Refused, Told } from "../ui/Prose";
import { ConnectionForm } from "./ConnectionForm";
import { SecretFields, type TellUnsaved, type Unsaved } from "./SecretField";
import { listed, tasksThatUse } from "./use";
import "../ui/panel.css";

/** The connections of httptask.toml: which are ready, and what the others lack. */
export default function Connections() {
  const { data, error } = useProject();
  const [wanted] = useState(() => useLayout.getState().connection);
  const [isAdding, setAdding] = useState(wanted.add !== undefined);
  const [changed, setChanged] = useState<{ name: string; what: string }>();
  const opener = useRef<HTMLButtonElement>(null);
  const wasAdding = useRef(false);
  useEffect(() => {
    if (wasAdding.current && !isAdding && changed === undefined) opener.current?.focus();
    wasAdding.current = isAdding;
  }, [isAdding, changed]);
  const close = (name?: string) => {
    setAdding(false);
    setChanged(name === undefined ? undefined : { name, what: "Added" });
    if (name !== undefined && wanted.task) void ofDefinition.set(`${wanted.task}/with/connection`, name);
  };
  return (
    <Panel title="Connections" className="panel">
      {error && <Refused error={error} />}
      {!data && !error && <p className="panel-foot">Loading …</p>}
      {data?.connections.length === 0 && <p className="panel-foot">There is no connection yet.</p>}
      <ul className="panel-list">
        {data?.connections.map((one) => (
          <Connection
            key={one.name}
            connection={one}
            isWanted={one.name === wanted.edit}
            isNew={one.name === changed?.name && changed.what === "Added"}
            changed={(what) => setChanged({ name: one.name, what })}
          />
        ))}
      </ul>
      {data && isAdding && <ConnectionForm name={wanted.add ?? ""} done={close} giveUp={() => close()} />}
      {data && !isAdding && (
        <p className="panel-foot">
          <button type="button" className="button" ref={opener} onClick={() => setAdding(true)}>
            Add connection
          </button>{" "}
          <span role="status">
            {changed && `${changed.what} ${changed.name}. `}
            They are tables of {data.configuration}, <code>[connections.NAME]</code>. A task of the catalogue
            adds the one that it needs.
          </span>
        </p>
      )}
    </Panel>
  );
}

interface ConnectionProps {
  connection: ConnectionState;
  isNew: boolean;
  /** Whether somebody came to change it. */
  isWanted: boolean;
  changed(what: string): void;
}

function Connection({ connection, isNew, isWanted, changed }: ConnectionProps) {
  const place = useRef<HTMLLIElement>(null);
  const next = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!isNew) return;
    const missed = place.current?.querySelector<HTMLElement>(".secret-box input");
    (missed ?? next.current)?.focus(); // the check is what comes after
  }, [isNew]);
  const { name, provider, base_url, ready } = connection;
  const [doing, setDoing] = useState<"edit" | "remove" | undefined>(isWanted ? "edit" : undefined);
  const opener = useRef<HTMLElement | null>(null);
  const [unsaved, setUnsaved] = useState<Unsaved>({});
  const tellUnsaved = useCallback<TellUnsaved>(
    (of, save) => setUnsaved(({ [of]: _former, ...others }) => (save ? { ...others, [of]: save } : others)),
    [],
  );
  const isChanged = Object.keys(unsaved).length > 0;
  const check = useMutation({
    mutationFn: async () => {
      try {
        for (const save of Object.values(unsaved)) await save();
      } catch {
        return null; // which is told where it is written
      }
      return checkConnection(name);
    },
  });
  const checks = isChanged ? "Save and check" : "Check";
  const begin = (what: "edit" | "remove") => (event: { currentTarget: HTMLElement }) => {
    opener.current = event.currentTarget;
    check.reset(); // it was of the connection as it is
    setDoing(what);
  };
  const end = () => {
    setDoing(undefined);
    requestAnimationFrame(() => opener.current?.focus());
  };
  return (
    <li ref={place}>
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
          aria-label={`${checks} ${name}`}
          disabled={check.isPending}
          onClick={() => check.mutate()}
        >
          {check.isPending ? "Checking …" : checks}
        </button>
        <button type="button" className="button small" aria-label={`Edit ${name}`} onClick={begin("edit")}>
          Edit
        </button>
        {connection.is_written && (
          <button
            type="button"
            className="button small"
            aria-label={`Remove ${name}`}
            onClick={begin("remove")}
          >
            Remove
          </button>
        )}
      </header>
      <p className="muted">{connection.origin}</p>
      <div hidden={doing === "edit"}>
        <SecretFields secrets={connection.secrets} unsaved={tellUnsaved} />
      </div>
      {check.error && <Refused error={check.error} />}
      {check.data && <Steps checked={check.data} />}
      {doing === "edit" && (
        <Editing
          name={name}
          done={() => {
            changed("Saved");
            end();
          }}
          giveUp={end}
          unsaved={tellUnsaved}
        />
      )}
      {doing === "remove" && <Removing name={name} done={() => changed("Removed")} giveUp={end} />}
    </li>
  );
}

/** As its table is now: what is saved takes the place of nothing else. */
const useForm = (name: string) =>
  useQuery({
    queryKey: ["connection", name],
    queryFn: () => getConnection(name),
    gcTime: 0,
    staleTime: Infinity,
  });

interface Act {
  name: string;
  done(): void;
  giveUp(): void;
}

function Editing({ name, ...acts }: Act & { unsaved: TellUnsaved }) {
  const { data, error } = useForm(name);
  if (error) return <Refused error={error} />;
  if (!data) return <p className="muted">Loading …</p>;
  return <ConnectionForm edited={data} {...acts} />;
}

/** Asks, and says what would miss it. */
function Removing({ name, done, giveUp }: Act) {
  const client = useQueryClient();
  const { data, error } = useForm(name);
  const { data: definitions = [] } = useDefinitions();
  const { path, blocks } = useDocument();
  const used = tasksThatUse(name, definitions, path, blocks);
  const keep = useRef<HTMLButtonElement>(null);
  useEffect(() => keep.current?.focus(), []);
  const removing = useMutation({
    mutationFn: () => removeConnection(name, data?.base ?? ""),
    onSuccess: async () => {
      done();
      await client.invalidateQueries({ queryKey: ["project"] });
      useDocument.getState().recheck();
    },
  });
  const problem = error ?? removing.error;
  return (
    <div className="panel-new" role="group" aria-label={`Remove ${name}`}>
      <p>
        {used.length === 0
          ? "No task uses it."
          : `${used.length === 1 ? "One task uses" : `${used.length} tasks use`} it${name === "openai" ? "" : ", and can't run without"}: ${listed(used)}.`}{" "}
        {name === "openai" &&
          used.length > 0 &&
          "Without it they go to https://api.openai.com/v1 with the key OPENAI_API_KEY."}
      </p>
      {problem && <Refused error={problem} />}
      <div className="panel-buttons">
        <button type="button" className="button" ref={keep} onClick={giveUp}>
          Keep it
        </button>
        <button
          type="button"
          className="button danger"
          disabled={!data || removing.isPending}
          onClick={() => removing.mutate()}
        >
          {removing.isPending ? "Removing …" : "Remove it from httptask.toml"}
        </button>
      </div>
    </div>
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
