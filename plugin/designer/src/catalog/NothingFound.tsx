import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import * as api from "../api/endpoints";

/** Nothing fits: an API can be added, from its document or from those that are known. */
export function NothingFound({ query }: { query: string }) {
  const [source, setSource] = useState("");
  const client = useQueryClient();
  const known = useQuery({ queryKey: ["directory", query], queryFn: () => api.knownApis(query) });
  const adding = useMutation({
    mutationFn: api.addApi,
    onSuccess: () => client.invalidateQueries({ queryKey: ["search"] }),
  });
  const add = (event: FormEvent) => {
    event.preventDefault();
    adding.mutate(source);
  };
  return (
    <div className="nothing">
      <p>
        <b>No operation fits “{query.trim()}”.</b> Add the API that has it:
      </p>
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
      </form>
      {adding.error && <p className="field-fault error">{adding.error.message}</p>}
      {known.data && known.data.length > 0 && (
        <>
          <h3>Known APIs</h3>
          <ul>
            {known.data.slice(0, 8).map((one) => (
              <li key={one.name}>
                <button type="button" className="button small" onClick={() => adding.mutate(one.name)}>
                  {one.title || one.name}
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}
