import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { Problem } from "../api/client";
import { addConnection, changeConnection, listProviders } from "../api/endpoints";
import type { EditableConnection, FieldFault, ConnectionForm as Given, KnownProvider } from "../api/types";
import { useDocument } from "../state/document";
import { Refused, Told } from "../ui/Prose";
import type { TellUnsaved } from "./SecretField";

export const EMPTY: Given = {
  name: "",
  provider: null,
  base_url: "",
  authentication: "none",
  header: "X-Api-Key",
  secret: "",
  headers: {},
  allow_private: false,
};

/** What is unsaved of a connection, beside its secrets. */
const FORM = "/";

interface Props {
  /** What is changed; without it a new one is made. */
  edited?: EditableConnection;
  /** Of the new one, where it is known. */
  name?: string;
  done(name: string): void;
  giveUp(): void;
  unsaved?: TellUnsaved;
}

/** A server of one's own: the tables of httptask.toml are written by the designer's server. */
export function ConnectionForm({ edited, name = "", done, giveUp, unsaved }: Props) {
  const client = useQueryClient();
  const [given, setGiven] = useState(edited?.form ?? { ...EMPTY, name });
  const [headers, setHeaders] = useState(() => linesOf(given.headers));
  const set = (change: Partial<Given>) => setGiven((before) => ({ ...before, ...change }));
  const began = useRef(given);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    form.current?.querySelector<HTMLElement>("input, select")?.focus();
    form.current?.scrollIntoView({ block: "nearest" });
  }, []);
  const save = useMutation({
    mutationFn: () => {
      const whole = { ...given, secret: secretOf(given), headers: headersOf(headers) };
      return edited ? changeConnection(whole, edited.base) : addConnection(whole);
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["project"] });
      await client.invalidateQueries({ queryKey: ["models", given.name] });
      useDocument.getState().recheck(); // tasks may name it already
      done(given.name);
    },
  });
  const isChanged = headers !== linesOf((edited?.form ?? EMPTY).headers) || given !== began.current;
  const { mutateAsync } = save;
  useEffect(() => {
    unsaved?.(FORM, isChanged ? () => mutateAsync() : null);
    return () => unsaved?.(FORM, null);
  }, [unsaved, isChanged, mutateAsync]);
  const { data: providers = [] } = useQuery({
    queryKey: ["providers"],
    queryFn: listProviders,
    staleTime: Infinity,
  });
  const provider = providers.find((one) => one.name === given.provider);
  const faults = faultsOf(save.error);
  const of = (field: keyof Given) => faults.filter((fault) => fault.field === field);
  const hasKey = given.authentication === "bearer" || given.authentication === "header";
  const text = (field: "name" | "base_url" | "header" | "secret", placeholder: string) => (
    <input
      id={`connection-${field}`}
      className={`field-input ${field === "name" ? "" : "mono"}`}
      autoComplete="off"
      spellCheck={false}
      required={field !== "secret" && (field !== "base_url" || !provider?.base_url)}
      placeholder={placeholder}
      aria-invalid={of(field).length > 0}
      aria-describedby={`connection-${field}-told`}
      value={given[field]}
      onChange={(event) => set({ [field]: event.target.value })}
    />
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  const leave = (event: KeyboardEvent) => {
    if (event.key !== "Escape") return;
    event.preventDefault(); // closes the form, and not the panel around it
    event.stopPropagation();
    giveUp();
  };
  return (
    <form
      ref={form}
      className="panel-new"
      aria-label={edited ? `Connection ${given.name}` : "New connection"}
      onSubmit={submit}
      onKeyDown={leave}
    >
      {edited && !edited.is_written && (
        <p className="muted">
          {given.name} is there without being written. What is saved here is written as{" "}
          <code>[connections.{given.name}]</code>, and counts in its place.
        </p>
      )}
      {!edited && (
        <Row field="name" label="Name" faults={of("name")} about="Tasks name it: connection: NAME.">
          {text("name", "as local")}
        </Row>
      )}
      <Row
        field="provider"
        label="Provider"
        faults={of("provider")}
        about="Of chat completions: its address, the names of its key and which fields it does not take are known then. Without one the
          server may have any API."
      >
        <select
          id="connection-provider"
          className="field-input"
          aria-describedby="connection-provider-told"
          value={given.provider ?? ""}
          onChange={(event) => {
            const chosen = withProvider(given, find(providers, event.target.value));
            setGiven(edited ? { ...chosen, name: given.name } : chosen);
          }}
        >
          <option value="">none, or another one</option>
          {providers.map(({ name, title }) => (
            <option key={name} value={name}>
              {title}
            </option>
          ))}
        </select>
      </Row>
      <Row
        field="base_url"
        label="Base URL"
        faults={of("base_url")}
        about={
          provider?.base_url
            ? `Left empty it is that of ${provider.title}. Write another one for a gateway, or another port.`
            : "Paths of requests are appended to it. Of a model server it mostly ends in /v1."
        }
      >
        {text("base_url", provider?.base_url ?? `as ${provider?.example ?? "http://localhost:8000/v1"}`)}
      </Row>
      <Row
        field="allow_private"
        label="Private address"
        faults={of("allow_private")}
        about="For a server on this machine or in a private network: without it no request goes there, so that no
          definition reaches what is not meant for it. It opens the address of this server, for this connection only
          (allow_private)."
      >
        <label className="tick">
          <input
            id="connection-allow_private"
            type="checkbox"
            aria-describedby="connection-allow_private-told"
            checked={given.allow_private}
            onChange={(event) => set({ allow_private: event.target.checked })}
          />{" "}
          Allow requests to this address
        </label>
      </Row>
      <Row field="authentication" label="Authentication" faults={of("authentication")}>
        <select
          id="connection-authentication"
          className="field-input"
          value={given.authentication}
          onChange={(event) => set({ authentication: event.target.value as Given["authentication"] })}
        >
          {provider?.secret ? (
            <option value="provider">
              as {provider.title} has it, by {provider.secret}
            </option>
          ) : (
            <option value="none">none</option>
          )}
          {edited?.form.authentication === "kept" && (
            <option value="kept">another way, as httptask.toml has it</option>
          )}
          <option value="bearer">bearer token (Authorization: Bearer …)</option>
          <option value="header">key in a header</option>
        </select>
      </Row>
      {given.authentication === "header" && (
        <Row field="header" label="Header" faults={of("header")}>
          {text("header", "X-Api-Key")}
        </Row>
      )}
      {hasKey && (
        <Row
          field="secret"
          label="Name of the secret"
          faults={of("secret")}
          about="Not its value: that is asked for as soon as this is saved, and kept apart in .env. Left empty it is the name that
            is shown."
        >
          {text("secret", secretOf(given))}
        </Row>
      )}
      <details className="more" open={headers !== "" || of("headers").length > 0}>
        <summary>Headers</summary>
        <Row
          field="headers"
          label="Sent with each request"
          faults={of("headers")}
          about="One a line, as Name: value; of a secret its name, as $secrets.NAME."
        >
          <textarea
            id="connection-headers"
            className="field-input mono"
            rows={2}
            spellCheck={false}
            placeholder="X-Team: books"
            aria-describedby="connection-headers-told"
            value={headers}
            onChange={(event) => setHeaders(event.target.value)}
          />
        </Row>
      </details>
      {save.error && faults.length === 0 && <Refused error={save.error} />}
      <div className="panel-buttons">
        <button type="submit" className="button primary" disabled={save.isPending}>
          {edited ? (save.isPending ? "Saving …" : "Save") : save.isPending ? "Adding …" : "Add"}
        </button>
        <button type="button" className="button" onClick={giveUp}>
          Cancel
        </button>
      </div>
    </form>
  );
}

/** The name of a connection's secret: where none is written, one that says whose it is. */
export function secretOf({ authentication, secret, name }: Given): string {
  if (secret !== "" || (authentication !== "bearer" && authentication !== "header")) return secret;
  return `${name.replace(/\W+/g, "_").toUpperCase() || "MODEL"}_KEY`;
}

const find = (providers: KnownProvider[], name: string) => providers.find((one) => one.name === name);

/** What a provider brings with it; a name that was written stays. */
export function withProvider(given: Given, provider: KnownProvider | undefined): Given {
  const written = given.name !== "" && given.name !== given.provider;
  return {
    ...given,
    provider: provider?.name ?? null,
    name: written ? given.name : (provider?.name ?? ""),
    base_url: "",
    authentication: provider?.secret ? "provider" : "none",
  };
}

const linesOf = (headers: Given["headers"]) =>
  Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join("\n");

/** The headers of lines: a line that has no name is told by the server. */
export function headersOf(lines: string): Given["headers"] {
  const pairs = lines.split("\n").flatMap((line) => {
    const [name = "", ...value] = line.split(":");
    return line.trim() ? [[name.trim(), value.join(":").trim()]] : [];
  });
  return Object.fromEntries(pairs);
}

interface RowProps {
  field: keyof Given;
  label: string;
  faults: FieldFault[];
  about?: string;
  children: ReactNode;
}

/** A label, what is filled in, what is wrong with it and what it is for. */
function Row({ field, label, faults, about, children }: RowProps) {
  return (
    <div className={`panel-row field ${faults.length ? "faulty" : ""}`}>
      <label htmlFor={`connection-${field}`}>{label}</label>
      <div>
        {children}
        <div id={`connection-${field}-told`}>
          {faults.map((fault) => (
            <p className="field-fault error" role="alert" key={fault.message}>
              <Told message={fault.message} hint={fault.hint} />
            </p>
          ))}
          {about && <p className="muted">{about}</p>}
        </div>
      </div>
    </div>
  );
}

const faultsOf = (error: Error | null): FieldFault[] =>
  error instanceof Problem && Array.isArray(error.facts.faults) ? (error.facts.faults as FieldFault[]) : [];
