import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import * as api from "../api/endpoints";
import { problemOf, useDocument } from "../state/document";
import { Icon } from "../ui/icons";
import { useLayout } from "./layout";
import { openDefinition, useDefinitions, useProject } from "./opening";

export function Sidebar() {
  const { data, isPending } = useDefinitions();
  const path = useDocument((state) => state.path);
  const [making, setMaking] = useState(false);
  return (
    <nav className="side" aria-label="Definitions">
      <header>
        <h2>Definitions</h2>
        <button
          type="button"
          className="button plain small square"
          aria-label="New definition"
          aria-expanded={making}
          onClick={() => setMaking(!making)}
        >
          <Icon name="plus" size={14} />
        </button>
      </header>
      {making && <NewDefinition done={() => setMaking(false)} />}
      <ul>
        {data?.map((one) => (
          <li key={one.path}>
            <button
              type="button"
              className="side-item"
              aria-current={one.path === path || undefined}
              onClick={() => void openDefinition(one.path)}
            >
              <span>{one.title ?? one.name ?? one.path}</span>
              <small className={one.faults ? "bad" : ""}>
                {one.faults ? `${one.faults} ${one.faults === 1 ? "error" : "errors"} · ` : ""}
                {one.path}
              </small>
            </button>
          </li>
        ))}
        {isPending && <li className="side-item muted">Loading …</li>}
        {data?.length === 0 && <li className="side-item muted">No definition in this folder yet.</li>}
      </ul>
      <Worker />
    </nav>
  );
}

function NewDefinition({ done }: { done(): void }) {
  const [name, setName] = useState("");
  const client = useQueryClient();
  const make = async (event: FormEvent) => {
    event.preventDefault();
    const path = /\.ya?ml$/.test(name) ? name : `${name}.yaml`;
    try {
      const made = await api.createDefinition(path);
      await client.invalidateQueries({ queryKey: ["definitions"] });
      done();
      await openDefinition(made.path);
    } catch (error) {
      useDocument.setState({ problem: problemOf(error) });
    }
  };
  return (
    <form onSubmit={(event) => void make(event)} style={{ padding: "0 8px 8px" }}>
      <input
        className="field-input"
        // biome-ignore lint/a11y/noAutofocus: it opens because somebody asked for it
        autoFocus
        required
        aria-label="Name of the new definition's file"
        placeholder="orders/refund.yaml"
        value={name}
        onChange={(event) => setName(event.target.value)}
        onKeyDown={(event) => event.key === "Escape" && done()}
      />
    </form>
  );
}

function Worker() {
  const { data } = useProject();
  if (!data) return null;
  const { worker, connections } = data;
  const lacking = connections.filter((one) => !one.ready).length;
  const words = { ready: "Worker ready", none: "No worker", unreachable: "No Temporal server" }[worker.state];
  return (
    <footer>
      <p>
        <span className={`badge ${worker.state === "ready" ? "completed" : "warning"}`}>{words}</span>
      </p>
      {worker.hint && <p>{worker.hint}</p>}
      <p>
        <button
          type="button"
          className="button small"
          onClick={() => useLayout.getState().openPanel("connections")}
        >
          Connections {lacking > 0 && <span className="badge warning">{lacking} not set up</span>}
        </button>
      </p>
      <p title={data.folder}>{data.folder.split("/").slice(-2).join("/")}</p>
    </footer>
  );
}
