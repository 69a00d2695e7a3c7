import { useQueryClient } from "@tanstack/react-query";
import { type ClipboardEvent, type FormEvent, type KeyboardEvent, useRef, useState } from "react";
import { useShallow } from "zustand/react/shallow";
import * as api from "../api/endpoints";
import type { ListedDefinition } from "../api/types";
import { isCurl, useAdding } from "../catalog/adding";
import { lackingOf } from "../connections/use";
import { errorsOf, freeName } from "../state/blocks";
import { problemOf, useDocument } from "../state/document";
import { Icon } from "../ui/icons";
import { Prose } from "../ui/Prose";
import { useLayout } from "./layout";
import { openDefinition, useDefinitions, useProject, useReadmes } from "./opening";

export function Sidebar() {
  const { data, isPending } = useDefinitions();
  const path = useDocument((state) => state.path);
  const errors = useDocument((state) => errorsOf(state.findings));
  const [making, setMaking] = useState(false);
  const plus = useRef<HTMLButtonElement>(null);
  return (
    <nav className="side" aria-label="Definitions" data-pane>
      <header>
        <h2>Definitions</h2>
        <button
          ref={plus}
          type="button"
          className="button plain small square"
          title="New definition"
          aria-label="New definition"
          aria-expanded={making}
          onClick={() => setMaking(!making)}
        >
          <Icon name="plus" size={14} />
        </button>
      </header>
      {(making || data?.length === 0) && (
        <NewDefinition
          done={() => {
            setMaking(false);
            plus.current?.focus();
          }}
        />
      )}
      <ul onKeyDown={onArrow}>
        {data?.map((one) => (
          <li key={one.path}>
            <button
              type="button"
              className="side-item"
              title={one.summary ?? undefined}
              aria-current={one.path === path || undefined}
              onClick={() => void openDefinition(one.path)}
            >
              <span>{one.title ?? one.name ?? one.path}</span>
              <Path path={one.path} errors={one.path === path ? errors : one.faults} />
              {one.summary && <small className="side-summary">{one.summary}</small>}
            </button>
          </li>
        ))}
        {isPending && <li className="side-item muted">Loading …</li>}
        {data?.length === 0 && <li className="side-item muted">None yet.</li>}
      </ul>
      <Worker />
    </nav>
  );
}

/** What is wrong with the definition that is open is told as it stands in the page, saved or not. */
function Path({ path, errors }: { path: string; errors: number }) {
  return (
    <small className={errors ? "bad" : ""}>
      {errors ? `${errors} ${errors === 1 ? "error" : "errors"} · ` : ""}
      {path}
    </small>
  );
}

function onArrow(event: KeyboardEvent<HTMLElement>) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>("button.side-item")];
  const here = items.indexOf(event.target as HTMLElement);
  if (!step || here < 0) return;
  items[here + step]?.focus();
  event.preventDefault();
}

function NewDefinition({ done }: { done(): void }) {
  const [name, setName] = useState("");
  const client = useQueryClient();
  const make = async (path: string, command = "") => {
    try {
      const made = await api.createDefinition(path);
      await client.invalidateQueries({ queryKey: ["definitions"] });
      done();
      await openDefinition(made.path);
      if (command) useAdding.getState().begin({ list: "/do", index: 0 }, command);
      else requestAnimationFrame(() => document.querySelector<HTMLElement>(".insert-first")?.focus());
    } catch (error) {
      useDocument.setState({ problem: problemOf(error) });
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void make(/\.ya?ml$/.test(name) ? name : `${name}.yaml`);
  };
  /** A command is no name: it becomes the first task of a definition. */
  const take = (text: string) => {
    if (!isCurl(text)) return setName(text);
    const names = client.getQueryData<ListedDefinition[]>(["definitions"])?.map((one) => one.path) ?? [];
    setName("");
    void make(
      `${freeName(
        "request",
        names.map((path) => path.replace(/\.ya?ml$/, "")),
      )}.yaml`,
      text,
    );
  };
  const paste = (event: ClipboardEvent) => {
    const text = event.clipboardData.getData("text");
    if (!isCurl(text)) return;
    event.preventDefault(); // this box would join its lines
    take(text);
  };
  return (
    <form className="new-definition" onSubmit={submit}>
      <input
        className="field-input"
        // biome-ignore lint/a11y/noAutofocus: it opens because somebody asked for it
        autoFocus
        required
        aria-label="Name of the new definition's file"
        placeholder="refund.yaml"
        value={name}
        onChange={(event) => take(event.target.value)}
        onPaste={paste}
        onKeyDown={(event) => event.key === "Escape" && done()}
      />
      <button type="submit" className="button small" disabled={!name.trim()}>
        Create
      </button>
    </form>
  );
}

function Worker() {
  const { data, error } = useProject();
  const readmes = useReadmes();
  const { data: definitions = [] } = useDefinitions();
  const { path, blocks } = useDocument(useShallow((state) => ({ path: state.path, blocks: state.blocks })));
  if (!data) return null;
  const { worker, connections } = data;
  const lacking = lackingOf(connections, definitions, path, blocks).length;
  const known = { ready: "Worker ready", none: "No worker", unreachable: "No Temporal server" }[worker.state];
  // What was known before says nothing of now: the server of the page may be gone, or be another one.
  const words = error ? "Designer's server away" : known;
  const hint = error ? null : worker.hint; // what to do about that stands above the page
  return (
    <footer>
      <p>
        <span className={`badge ${worker.state === "ready" && !error ? "completed" : "warning"}`}>
          {words}
        </span>
      </p>
      {hint && (
        <p>
          <Prose text={hint} />
        </p>
      )}
      <p>
        <button
          type="button"
          className="button small"
          onClick={() => useLayout.getState().openPanel("connections")}
        >
          Connections {lacking > 0 && <span className="badge warning">{lacking} not set up</span>}
        </button>
      </p>
      <p>
        <button
          type="button"
          className="button small"
          onClick={() => useLayout.getState().openPanel("schedules")}
        >
          Schedules
        </button>{" "}
        {readmes.length > 0 && (
          <button
            type="button"
            className="button small"
            onClick={() => useLayout.getState().openPanel("readmes")}
          >
            README
          </button>
        )}
      </p>
      <p title={data.folder}>Folder {data.folder.split("/").at(-1)}</p>
    </footer>
  );
}
