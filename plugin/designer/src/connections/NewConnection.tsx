import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { Problem } from "../api/client";
import { addConnection, listProviders } from "../api/endpoints";
import type { FieldFault, KnownProvider, NewConnection as New } from "../api/types";
import { useDocument } from "../state/document";
import { Refused, Told } from "../ui/Prose";

const EMPTY: New = {
  name: "",
  provider: null,
  base_url: "",
  authentication: "none",
  header: "X-Api-Key",
  secret: "",
  allow_private: false,
};

interface Props {
  /** Path of the `.env` that counts. */
  dotenv: string;
  added(name: string): void;
  giveUp(): void;
}

/** A server of one's own: the tables of httptask.toml are written by the designer's server. */
export function NewConnection({ dotenv, added, giveUp }: Props) {
  const client = useQueryClient();
  const [given, setGiven] = useState(EMPTY);
  const set = (change: Partial<New>) => setGiven((before) => ({ ...before, ...change }));
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);
  const add = useMutation({
    mutationFn: () => addConnection(given),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["project"] });
      await client.invalidateQueries({ queryKey: ["models", given.name] });
      useDocument.getState().recheck(); // tasks may name it already
      added(given.name);
    },
  });
  const { data: providers = [] } = useQuery({
    queryKey: ["providers"],
    queryFn: listProviders,
    staleTime: Infinity,
  });
  const provider = providers.find((one) => one.name === given.provider);
  const faults = faultsOf(add.error);
  const of = (field: keyof New) => faults.filter((fault) => fault.field === field);
  const hasKey = given.authentication === "bearer" || given.authentication === "header";
  const mayBeClosed = isPrivate(given.base_url) || of("allow_private").length > 0 || given.allow_private;
  const text = (field: "name" | "base_url" | "header" | "secret", placeholder: string) => (
    <input
      id={`connection-${field}`}
      ref={field === "name" ? first : undefined}
      className={`field-input ${field === "name" ? "" : "mono"}`}
      autoComplete="off"
      spellCheck={false}
      required={field !== "base_url" || !provider?.base_url}
      placeholder={placeholder}
      aria-invalid={of(field).length > 0}
      aria-describedby={`connection-${field}-told`}
      value={given[field]}
      onChange={(event) => set({ [field]: event.target.value })}
    />
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate();
  };
  const leave = (event: KeyboardEvent) => {
    if (event.key !== "Escape") return;
    event.preventDefault(); // closes the form, and not the panel around it
    event.stopPropagation();
    giveUp();
  };
  return (
    <form className="panel-new" aria-label="New connection" onSubmit={submit} onKeyDown={leave}>
      <Row field="name" label="Name" faults={of("name")} about="Tasks name it: connection: NAME.">
        {text("name", "local")}
      </Row>
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
          onChange={(event) => setGiven(withProvider(given, find(providers, event.target.value)))}
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
        {text("base_url", provider?.base_url ?? provider?.example ?? "http://localhost:8000/v1")}
      </Row>
      {mayBeClosed && (
        <Row
          field="allow_private"
          label="Private address"
          faults={of("allow_private")}
          about="Without it no request goes to this machine or into a private network, so that no definition reaches what
            is not meant for it. It opens the address of this server, for this connection only (allow_private)."
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
      )}
      <Row field="authentication" label="Authentication" faults={of("authentication")}>
        <select
          id="connection-authentication"
          className="field-input"
          value={given.authentication}
          onChange={(event) => set({ authentication: event.target.value as New["authentication"] })}
        >
          {provider?.secret ? (
            <option value="provider">
              as {provider.title} has it, by {provider.secret}
            </option>
          ) : (
            <option value="none">none</option>
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
          about={`Not its value: that is read from the environment variable of this name, or from the line
            NAME=… of ${dotenv}.`}
        >
          {text("secret", "MODEL_KEY")}
        </Row>
      )}
      {add.error && faults.length === 0 && <Refused error={add.error} />}
      <div className="panel-buttons">
        <button type="submit" className="button primary" disabled={add.isPending}>
          {add.isPending ? "Adding …" : "Add"}
        </button>
        <button type="button" className="button" onClick={giveUp}>
          Cancel
        </button>
      </div>
    </form>
  );
}

const find = (providers: KnownProvider[], name: string) => providers.find((one) => one.name === name);

/** What a provider brings with it; a name that was written stays. */
export function withProvider(given: New, provider: KnownProvider | undefined): New {
  const written = given.name !== "" && given.name !== given.provider;
  return {
    ...given,
    provider: provider?.name ?? null,
    name: written ? given.name : (provider?.name ?? ""),
    base_url: "",
    authentication: provider?.secret ? "provider" : "none",
  };
}

interface RowProps {
  field: keyof New;
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

const PRIVATE =
  /^(localhost|.*\.localhost|127\..*|10\..*|192\.168\..*|172\.(1[6-9]|2\d|3[01])\..*|169\.254\..*|\[(::1|f[cd].*|fe80.*)\])$/;

/** Whether an address is seen to be private: the server looks at what names lead to, and says so. */
function isPrivate(url: string): boolean {
  try {
    return PRIVATE.test(new URL(url).hostname);
  } catch {
    return false;
  }
}

const faultsOf = (error: Error | null): FieldFault[] =>
  error instanceof Problem && Array.isArray(error.facts.faults) ? (error.facts.faults as FieldFault[]) : [];
