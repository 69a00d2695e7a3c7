import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { Problem } from "../api/client";
import * as api from "../api/endpoints";
import type { KnownApi } from "../api/types";
import { Refused } from "../ui/Prose";

const KNOWN_SHOWN = 12;

interface Props {
  query: string;
  nothing: boolean;
  known: KnownApi[];
  search(query: string): void;
}

/** Adds the API that has what is searched for: nothing fits, or not what was meant. It stays while that changes. */
export function OtherApi({ query, nothing, known, search }: Props) {
  const [open, setOpen] = useState(false);
  return (
    <details
      className={nothing ? "other-api" : "other-api below"}
      open={open || nothing}
      onToggle={({ currentTarget }) => {
        if (nothing)
          currentTarget.open = true; // there is nothing else to look at
        else setOpen(currentTarget.open);
      }}
    >
      <summary>
        {nothing ? (
          <>
            <b>No operation fits “{query.trim()}”.</b> Add the API that has it:
          </>
        ) : (
          "Another API: add its OpenAPI document"
        )}
      </summary>
      <AddApi known={known} search={search} />
    </details>
  );
}

/** Adds an API, from its document or from those that are known. */
function AddApi({ known, search }: Pick<Props, "known" | "search">) {
  const [source, setSource] = useState("");
  const client = useQueryClient();
  const others = useQuery({ queryKey: ["directory"], queryFn: () => api.knownApis("") });
  const [all, setAll] = useState(false);
  const every = others.data ?? [];
  const shown = all ? every : known.length ? known : every.slice(0, KNOWN_SHOWN);
  const adding = useMutation({
    mutationFn: ({ given, network }: { given: string | File; network?: string }) =>
      typeof given === "string"
        ? api.addApi(given, network)
        : given.text().then((text) => api.addDocument(given.name, text)),
    onSuccess: async () => {
      await client.cancelQueries({ queryKey: ["search"] }); // one that has not been answered yet did not see it
      await client.invalidateQueries({ queryKey: ["search"] });
    },
  });
  const add = (event: FormEvent) => {
    event.preventDefault();
    adding.mutate({ given: source });
  };
  const outcome = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // At the field, though a known API further down was asked for, or the list is scrolled.
    if (adding.isError || adding.isSuccess) outcome.current?.scrollIntoView({ block: "nearest" });
  }, [adding.isError, adding.isSuccess]);
  const refused = adding.error instanceof Problem ? adding.error.facts.network : undefined;
  return (
    <>
      <form onSubmit={add}>
        <label htmlFor="api-source">OpenAPI document: file, folder or address</label>
        <div className="add-row">
          <input
            id="api-source"
            className="field-input"
            required
            placeholder="openapi.yaml"
            value={source}
            onChange={(event) => setSource(event.target.value)}
          />
          <button type="submit" className="button small" disabled={adding.isPending}>
            {adding.isPending ? "Adding …" : "Add OpenAPI"}
          </button>
        </div>
        <div ref={outcome}>
          {adding.error && <Refused error={adding.error} />}
          {typeof refused === "string" && adding.variables && (
            <button
              type="button"
              className="button small"
              onClick={() => adding.mutate({ given: adding.variables.given, network: refused })}
            >
              It is meant: load it from there, this once
            </button>
          )}
          {adding.data && (
            <p role="status">
              Added {adding.data.title || adding.data.api}, operations: {adding.data.operations}.{" "}
              <button
                type="button"
                className="button small"
                onClick={() => search(`api:${JSON.stringify(adding.data.api)}`)}
              >
                Show them
              </button>
            </p>
          )}
        </div>
        <label className="button small file">
          Choose a file …
          <input
            type="file"
            accept=".json,.yaml,.yml"
            aria-label="An OpenAPI document of this machine"
            onChange={(event) => event.target.files?.[0] && adding.mutate({ given: event.target.files[0] })}
          />
        </label>
      </form>
      {shown.length > 0 && (
        <>
          <h3>Known APIs</h3>
          <ul>
            {shown.map((one) => (
              <li key={one.name}>
                <button
                  type="button"
                  className="button small"
                  title={one.purpose}
                  disabled={adding.isPending}
                  onClick={() => adding.mutate({ given: one.name })}
                >
                  {one.title || one.name}
                </button>
              </li>
            ))}
            {shown.length < every.length && (
              <li>
                <button type="button" className="button plain small" onClick={() => setAll(true)}>
                  Show all {every.length}
                </button>
              </li>
            )}
          </ul>
        </>
      )}
    </>
  );
}
