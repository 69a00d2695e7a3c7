import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useId, useMemo, useRef } from "react";
import { addApi, getReference } from "../api/endpoints";
import type { Block, Json, TaskForm } from "../api/types";
import { useLayout } from "../app/layout";
import { OperationReference, ReferenceOf } from "../catalog/Preview";
import { ConnectionField, connectionAt } from "../connections/ConnectionField";
import { focusBlock, moveBlock, removeBlock, takeOut, wrap } from "../flow/acts";
import { isCall, kindName } from "../flow/kinds";
import { partOf, placeOf, pointerAt } from "../state/blocks";
import { useDocument } from "../state/document";
import { WRAPPINGS } from "../state/nesting";
import { places } from "../state/places";
import { DataPanel } from "../testrequest/DataPanel";
import { Icon, iconOf } from "../ui/icons";
import { Refused } from "../ui/Prose";
import { UnlistedModel } from "./chat";
import { ObjectParts } from "./composite";
import { Field, type Shown } from "./Field";
import { Form, ofDefinition, taskForm, untilTaken, useFresh } from "./form";
import { TextInput } from "./inputs";
import { partAt } from "./local";
import { fewParameters, isObject, type Schema } from "./schema";
import { useSuggestions } from "./suggestions";

/** A task as a form. */
export default function TaskPane({ block }: { block: Block }) {
  return <TaskEditor key={block.pointer} block={block} />;
}

/** The form of the text as it is; while it is asked for anew, the former one stays. */
export function useTaskForm(pointer: string) {
  const path = useDocument((state) => state.path);
  const text = useDocument((state) => state.checked);
  const client = useQueryClient();
  return useQuery({ ...taskForm(client, path ?? "", text, pointer), placeholderData: (before) => before });
}

/** The same, for who edits in it: places that have been renamed or moved are shown as they are once it is there. */
export function useEditedForm(pointer: string) {
  const form = useTaskForm(pointer);
  const shown = form.isPlaceholderData ? undefined : form.data;
  useEffect(() => {
    if (shown) places.areShown();
  }, [shown]);
  return form;
}

function TaskEditor({ block }: { block: Block }) {
  const { data, error } = useEditedForm(block.pointer);
  const pane = useRef<HTMLDivElement>(null);
  useEntering(pane, data !== undefined);
  useEffect(() => useFresh.getState().end, []);
  return (
    <section
      className="task"
      aria-label={`Form of ${block.name}`}
      ref={pane}
      onKeyDown={(event) => {
        if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
        if (event.key === "Escape") focusBlock(block.pointer);
        else return;
        event.preventDefault();
      }}
    >
      <header className="task-head">
        <Icon name={iconOf(block.kind)} />
        <div className="task-title">
          <h2 title={block.name}>{block.name}</h2>
          <span className="muted">{kindName(block.kind)}</span>
        </div>
        {isCall(block.kind) && (
          <button
            type="button"
            className="button small primary"
            onClick={() => useLayout.getState().test(block.pointer)}
          >
            <Icon name="send" size={13} /> Test request
          </button>
        )}
        <Nesting block={block} />
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
      <div className="task-scroll">
        {error && <Refused error={error} />}
        {!data && !error && <p className="empty">Loading the fields …</p>}
        {data && <TaskFields form={data} block={block} />}
        {data?.unknown_document && <UnknownDocument address={data.unknown_document} />}
        {data?.operation && (
          <details className="task-reference">
            <summary>Reference: {data.operation}</summary>
            <OperationReference name={data.operation} />
          </details>
        )}
        {data?.document && (
          <details className="task-reference">
            <summary>Reference: {data.document}</summary>
            <ReferenceOfFile pointer={block.pointer} />
          </details>
        )}
      </div>
      <DataPanel block={block} />
    </section>
  );
}

/** Of an operation whose document is a file beside the definition, as the file is now. */
function ReferenceOfFile({ pointer }: { pointer: string }) {
  const path = useDocument((state) => state.path);
  const text = useDocument((state) => state.checked);
  const { data, error } = useQuery({
    queryKey: ["reference", path, pointer, text],
    queryFn: () => getReference(path ?? "", text, pointer),
    placeholderData: (before) => before,
    gcTime: 10_000,
    retry: false,
  });
  if (error) return <Refused error={error} />;
  return <ReferenceOf operation={data} />;
}

/** Fields and reference are those of a document that is kept: it is loaded by who asks for it, and by nothing else. */
function UnknownDocument({ address }: { address: string }) {
  const client = useQueryClient();
  const adding = useMutation({
    mutationFn: () => addApi(address),
    onSuccess: async () => {
      await useDocument.getState().edit([]); // what is wrong is told by the document, too
      await client.invalidateQueries();
    },
  });
  return (
    <aside className="unknown-document">
      <p>
        What this operation takes is not known here: runs load <code>{address}</code> themselves. Kept in the
        catalogue, it tells the parameters and the reference of its operations.
      </p>
      <button
        type="button"
        className="button small"
        disabled={adding.isPending}
        onClick={() => adding.mutate()}
      >
        {adding.isPending ? "Adding …" : "Add the document"}
      </button>
      {adding.error && <Refused error={adding.error} />}
    </aside>
  );
}

type TextField = HTMLInputElement | HTMLTextAreaElement;

/** The fields of a selector; of a pointer, those of the innermost field around what it points to. */
function fieldsAt(pane: HTMLElement | null, entering: string): TextField[] {
  const found = (selector: string) => [
    ...(pane?.querySelectorAll<TextField>(`.task-fields :is(${selector})`) ?? []),
  ];
  if (!entering.startsWith("/")) return found(entering);
  for (let at = entering; at; at = at.slice(0, at.lastIndexOf("/"))) {
    const fields = found(`[data-at="${CSS.escape(at)}"] :is(input, textarea, select)`);
    if (fields.length) return fields;
  }
  return found("input, textarea");
}

/** The focus goes into the form that was asked for, once it is there. */
function useEntering(pane: React.RefObject<HTMLElement | null>, ready: boolean) {
  const entering = useLayout((state) => state.entering);
  useEffect(() => {
    if (!ready || entering === null) return;
    useLayout.getState().entered();
    // A dialog that is just closing gives the focus back to where it came from.
    requestAnimationFrame(() => {
      const all = fieldsAt(pane.current, entering);
      const field = all.find((one) => one.closest("details:not([open])") === null) ?? all[0];
      const closed = field?.closest<HTMLDetailsElement>("details:not([open])");
      if (closed) closed.open = true;
      (field ?? pane.current?.querySelector<HTMLElement>("button"))?.focus();
      if (field?.closest(".to-fill-in") && "select" in field) field.select(); // what is typed takes its place
    });
  }, [pane, ready, entering]);
}

/** Of what every task has: what most of them need is there to be filled in. */
const SHOWN: Shown = { if: {}, then: {}, output: { as: {} } };

/** Moves the block, puts it into another one, or takes it out of that: each button at the same place for every block. */
function Nesting({ block }: { block: Block }) {
  const isInside = placeOf(block.pointer).list !== "/do";
  return (
    <>
      <button
        type="button"
        className="button plain small square"
        aria-label={`Move ${block.name} up`}
        title="Move it up (Alt ↑)"
        onClick={() => void moveBlock(block.pointer, -1)}
      >
        ↑
      </button>
      <button
        type="button"
        className="button plain small square"
        aria-label={`Move ${block.name} down`}
        title="Move it down (Alt ↓)"
        onClick={() => void moveBlock(block.pointer, 1)}
      >
        ↓
      </button>
      <button
        type="button"
        className="button plain small"
        disabled={!isInside}
        title={isInside ? "Move it behind the block around it (Alt ←)" : "It is in no other block"}
        onClick={() => void takeOut(block.pointer)}
      >
        Take out
      </button>
      <select
        className="button plain small"
        aria-label={`Wrap ${block.name} in`}
        value=""
        onChange={(event) => {
          const chosen = WRAPPINGS.find((one) => one.kind === event.target.value);
          if (chosen) void wrap(block.pointer, chosen);
        }}
      >
        <option value="">Wrap in …</option>
        {WRAPPINGS.map((one) => (
          <option key={one.kind} value={one.kind}>
            {one.label}
          </option>
        ))}
      </select>
    </>
  );
}

/** What writes into the definition: with a variable that gets another name, what reads it. */
const withNames = (variables: TaskForm["variables"]): typeof ofDefinition => ({
  ...ofDefinition,
  set(pointer, value) {
    const former = variables[pointer];
    if (former === undefined || typeof value !== "string" || value === former)
      return ofDefinition.set(pointer, value);
    return useDocument.getState().edit([{ op: "rename_variable", pointer, name: value }]);
  },
  remove: (pointer) =>
    pointer in variables
      ? useDocument.getState().edit([{ op: "rename_variable", pointer, name: null }])
      : ofDefinition.remove(pointer),
});

/** The fields of a task's kind, and then those that every task has. */
export function TaskFields({ form, block }: { form: TaskForm; block: Block }) {
  const { own, shared, ...root } = form.schema as {
    own: Schema;
    shared: Schema;
    $defs: Record<string, Schema>;
  };
  const suggest = useSuggestions(block, form.names);
  const apart = connectionAt(block);
  const context = useMemo(
    () => ({
      root: { $defs: root.$defs },
      task: block.pointer,
      suggest,
      apart,
      note: (pointer: string, value: Json | undefined) =>
        pointer === `${block.pointer}/with/model` && <UnlistedModel block={block} model={value} />,
      ...withNames(form.variables),
    }),
    [root.$defs, block, suggest, apart, form.variables],
  );
  const task = isObject(form.task) ? form.task : {};
  const connection = partAt(task, "/with/connection");
  const every = Object.fromEntries(Object.entries(task).filter(([key]) => shared.properties?.[key]));
  const [name, ...others] = Object.keys(own.properties ?? {});
  const parameters = fewParameters(own, context.root);
  return (
    <Form.Provider value={context}>
      <div className="task-fields" {...untilTaken}>
        <ConnectionField block={block} given={typeof connection === "string" ? connection : undefined} />
        {name === undefined ? (
          <p className="muted">
            {block.branches.length
              ? "This block holds tasks: add and choose them in the flow."
              : "What this task does is not told yet: see its text."}
          </p>
        ) : others.length ? (
          <ObjectParts
            pointer={block.pointer}
            schema={own}
            value={Object.fromEntries(
              [name, ...others].flatMap((key) => (key in task ? [[key, task[key] as Json]] : [])),
            )}
          />
        ) : (
          <Field
            name={name}
            pointer={partOf(block.pointer, name)}
            schema={own.properties?.[name] ?? {}}
            value={task[name]}
            shown={
              parameters.length
                ? { query: Object.fromEntries(parameters.map((one) => [one, {}])) }
                : undefined
            }
            required
          />
        )}
        <details className="more" open={name === undefined}>
          <summary>Name, condition, flow, output</summary>
          <Rename block={block} />
          <ObjectParts pointer={block.pointer} schema={shared} value={every} shown={SHOWN} />
        </details>
      </div>
    </Form.Provider>
  );
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
        takes={false}
        commit={(name) => void (typeof name === "string" && rename(name))}
      />
    </div>
  );
}
