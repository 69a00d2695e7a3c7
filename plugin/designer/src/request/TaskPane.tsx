import { useQuery } from "@tanstack/react-query";
import { useEffect, useId, useMemo, useRef } from "react";
import { getTask, listModels } from "../api/endpoints";
import type { Block, TaskForm } from "../api/types";
import { useLayout } from "../app/layout";
import { useProject } from "../app/opening";
import { OperationReference } from "../catalog/Preview";
import { focusBlock, removeBlock } from "../flow/acts";
import { isCall, kindName } from "../flow/kinds";
import { blockAt, placeOf, pointerAt } from "../state/blocks";
import { useDocument } from "../state/document";
import { DataPanel } from "../testrequest/DataPanel";
import { Icon, iconOf } from "../ui/icons";
import { Refused } from "../ui/Prose";
import { Field } from "./Field";
import { Form, type FormContext, ofDefinition } from "./form";
import { TextInput } from "./inputs";
import { isObject, partOf, type Schema } from "./schema";
import "./request.css";

/** The task that is selected, as a form. */
export function TaskPane({ pointer }: { pointer: string | null }) {
  const block = useDocument((state) => blockAt(state.blocks, pointer));
  if (!block)
    return (
      <p className="empty">
        Choose a block to see its fields, or press <kbd>/</kbd> on one to add a task behind it.
      </p>
    );
  return <TaskEditor key={block.pointer} block={block} />;
}

/** The form of the text as it is; while it is asked for anew, the former one stays. */
export function useTaskForm(pointer: string) {
  const path = useDocument((state) => state.path);
  const text = useDocument((state) => state.checked);
  return useQuery({
    queryKey: ["task", path, pointer, text],
    queryFn: () => getTask(path ?? "", text, pointer),
    placeholderData: (before) => before,
    gcTime: 10_000,
  });
}

function TaskEditor({ block }: { block: Block }) {
  const { data, error } = useTaskForm(block.pointer);
  const pane = useRef<HTMLDivElement>(null);
  useEntering(pane, data !== undefined);
  return (
    <section
      className="task"
      aria-label={`Form of ${block.name}`}
      ref={pane}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.defaultPrevented) return;
        event.preventDefault();
        focusBlock(block.pointer);
      }}
    >
      <header className="task-head">
        <Icon name={iconOf(block.kind)} />
        <h2>{block.name}</h2>
        <span className="muted">{kindName(block.kind)}</span>
        <span className="grow" />
        {isCall(block.kind) && (
          <button
            type="button"
            className="button small primary"
            onClick={() => useLayout.getState().test(block.pointer)}
          >
            <Icon name="send" size={13} /> Test request
          </button>
        )}
        <button
          type="button"
          className="button plain small square"
          aria-label={`Delete ${block.name}`}
          title="Delete"
          onClick={() => void removeBlock(block.pointer)}
        >
          <Icon name="trash" />
        </button>
      </header>
      {error && <Refused error={error} />}
      {!data && !error && <p className="empty">Loading the fields …</p>}
      {data && <TaskFields form={data} block={block} />}
      <DataPanel block={block} />
      {data?.operation && (
        <details className="task-reference">
          <summary>Reference: {data.operation}</summary>
          <OperationReference name={data.operation} />
        </details>
      )}
    </section>
  );
}

/** The focus goes into the form that was asked for, once it is there. */
function useEntering(pane: React.RefObject<HTMLElement | null>, ready: boolean) {
  const entering = useLayout((state) => state.entering);
  useEffect(() => {
    if (!ready || entering === null) return;
    useLayout.getState().entered();
    // A dialog that is just closing gives the focus back to where it came from.
    requestAnimationFrame(() => {
      const all = [...(pane.current?.querySelectorAll<HTMLElement>(`.task-fields :is(${entering})`) ?? [])];
      const field = all.find((one) => one.closest("details:not([open])") === null) ?? all[0];
      const closed = field?.closest<HTMLDetailsElement>("details:not([open])");
      if (closed) closed.open = true;
      (field ?? pane.current?.querySelector<HTMLElement>("button"))?.focus();
    });
  }, [pane, ready, entering]);
}

/** The fields of a task's call, and then those that every task has. */
export function TaskFields({ form, block }: { form: TaskForm; block: Block }) {
  const schema = (form.schema ?? {}) as Schema;
  const suggestions = useSuggestions(block);
  const root = useMemo(
    () => ({ root: schema, task: block.pointer, suggestions, ...ofDefinition }),
    [schema, block.pointer, suggestions],
  );
  const task = isObject(form.task) ? form.task : {};
  return (
    <Form.Provider value={root}>
      <div className="task-fields">
        {form.schema && (
          <Field
            name={form.pointer.split("/").at(-1) ?? "with"}
            pointer={form.pointer}
            schema={schema}
            value={form.values}
            required
          />
        )}
        {!form.schema && (
          <p className="muted">
            {block.branches.length
              ? "This block holds tasks: add and choose them in the flow. Its other settings are in the text."
              : "The settings of this kind of task are in the text."}
          </p>
        )}
        <details className="more" open={!form.schema}>
          <summary>Name, condition, flow, output</summary>
          <Rename block={block} />
          {["if", "then"].map((name) => (
            <Plain key={name} name={name} pointer={partOf(block.pointer, name)} value={task[name]} />
          ))}
          <Plain
            name="output as"
            pointer={`${block.pointer}/output/as`}
            value={isObject(task.output) ? task.output.as : undefined}
          />
        </details>
      </div>
    </Form.Provider>
  );
}

/** Connections, and the models of the one that a chat completion goes by. */
function useSuggestions(block: Block): FormContext["suggestions"] {
  const connection = block.connections[0] ?? "openai";
  const { data, error, isFetching } = useQuery({
    queryKey: ["models", connection],
    queryFn: () => listModels(connection),
    enabled: block.kind === "call.chatCompletion",
    staleTime: 60_000,
    retry: false,
  });
  const connections = useProject().data?.connections;
  return useMemo(() => {
    const names = connections?.map(({ name }) => name) ?? [];
    const found = { connection: { values: names, about: "of httptask.toml" } };
    if (isFetching && !data)
      return { ...found, model: { values: [], about: `Asking ${connection} for its models …` } };
    if (!data) return error ? { ...found, model: { values: [], about: error.message } } : found;
    const about = data.of_server
      ? `${data.models.length} models of ${connection}; any other name can be written`
      : `${data.models.length ? "names with published prices, not of the server. " : ""}${data.reason}`;
    return { ...found, model: { values: data.models, about } };
  }, [data, error, isFetching, connection, connections]);
}

function Rename({ block }: { block: Block }) {
  const id = useId();
  const rename = async (name: string) => {
    const { list, index } = placeOf(block.pointer);
    const done = await useDocument.getState().edit([{ op: "rename", pointer: block.pointer, name }]);
    if (!done) return;
    const renamed = pointerAt(list, index, name);
    useDocument.getState().select(renamed);
    if (useLayout.getState().testing !== null) return useLayout.getState().test(renamed);
    useLayout.getState().enterForm("[data-field=name] textarea");
  };
  return (
    <div className="field" data-field="name">
      <div className="field-head">
        <label htmlFor={id}>
          <code>name</code>
        </label>
      </div>
      <TextInput
        id={id}
        label="name"
        pointer={block.pointer}
        value={block.name}
        commit={(name) => void (typeof name === "string" && rename(name))}
      />
    </div>
  );
}

const FLOW: Record<string, string> = {
  if: "A condition; the task is skipped when it is false.",
  then: "Where to go on: the name of a task, continue, exit or end.",
  "output as": "What becomes of the answer: an expression, whose value the next task gets.",
};

function Plain({ name, pointer, value }: { name: string; pointer: string; value: unknown }) {
  const text = typeof value === "string" ? value : value === undefined ? undefined : JSON.stringify(value);
  const id = useId();
  return (
    <div className="field">
      <div className="field-head">
        <label htmlFor={id}>
          <code>{name}</code>
        </label>
      </div>
      <TextInput
        id={id}
        label={name}
        pointer={pointer}
        value={text}
        commit={(next) =>
          void (next === ""
            ? text !== undefined && ofDefinition.remove(pointer)
            : ofDefinition.set(pointer, next))
        }
      />
      <p className="field-about">{FLOW[name]}</p>
    </div>
  );
}
