import { useQuery } from "@tanstack/react-query";
import {
  type KeyboardEvent,
  type RefObject,
  useDeferredValue,
  useEffect,
  useId,
  useRef,
  useState,
} from "react";
import { Problem } from "../api/client";
import * as api from "../api/endpoints";
import type { CurlCommand, FoundOperation, ImportedTasks, PreparedTask } from "../api/types";
import { useDocument } from "../state/document";
import { Dialog } from "../ui/Dialog";
import { Icon, iconOf } from "../ui/icons";
import { Refused } from "../ui/Prose";
import { addTask, CHOICES, type Choices, insert, withoutReach } from "./add";
import { isCurl, type Place, useAdding } from "./adding";
import { OtherApi } from "./OtherApi";
import { Preview } from "./Preview";
import type { PlainTask } from "./plain";
import { entriesOf, fittingKinds, hasAll, LAST_RESORT } from "./ranking";
import "./catalog.css";

/** Adds a task at a place of the flow: an operation that is searched for, a pasted curl command, or a plain one. */
export function AddTask() {
  const at = useAdding((state) => state.at);
  return at && <AddTaskDialog key={`${at.list}/${at.index}`} at={at} />;
}

function AddTaskDialog({ at }: { at: Place }) {
  const { end } = useAdding.getState();
  const [query, setQuery] = useState(useAdding.getState().query);
  const [chosen, setChosen] = useState(0);
  const [wanted, setWanted] = useState(false);
  const [choices, setChoices] = useState(CHOICES);
  const [fault, setFault] = useState<Error | null>(null);
  const adding = useRef(false);
  const list = useId();
  const box = useRef<HTMLTextAreaElement>(null);
  const curl = isCurl(query);
  const found = useFound(curl ? "" : query);
  const operations = curl ? [] : (found.data?.operations ?? []);
  const nothing = operations.length === 0 && query.trim() !== "" && !curl && found.isSuccess;
  const searching = nothing && found.isComing;
  const fitting = curl ? [] : fittingKinds(query);
  const resort = nothing && !searching ? LAST_RESORT.filter((one) => !fitting.includes(one)) : [];
  const plain = [...fitting, ...resort];
  const entries = entriesOf(operations, plain, query);
  const count = entries.length;
  const operation = entries[chosen]?.operation;
  const prepared = usePrepared(operation, curl ? query : null, choices);
  // What was not chosen by hand is the first of what will be found, and not of what was found for fewer letters.
  const isComing = (found.isComing && chosen === 0) || ((curl || operation) && prepared.isFetching);

  const add = async (one: PlainTask | undefined) => {
    if (adding.current || (!one && !prepared.data)) return;
    adding.current = true;
    const done = one ? insert(at, one.name, one.task) : prepared.data && addPrepared(prepared.data);
    if (await done) return end();
    adding.current = false;
    const { problem, forgetProblem } = useDocument.getState();
    setFault(problem);
    forgetProblem(); // it is told here, for the page lies under this dialog
  };
  const addPrepared = (task: PreparedTask) => {
    const configuration = choices.reach ? task.configuration : withoutReach(task.configuration);
    const names = task.secrets.flatMap((one) => (one.state === "kept" ? [one.name] : []));
    const keep = async () => {
      const kept = await api.keepCredentials(commandOf(query, choices), names);
      useAdding.setState({ kept });
    };
    return addTask(at, { ...task, configuration }, curl, names.length ? keep : undefined);
  };
  const search = (text: string) => {
    setQuery(text);
    setChoices(CHOICES);
    point(0);
  };
  const addChosen = () => add(entries[chosen]?.plain);
  useEffect(() => {
    if (!wanted || isComing) return;
    setWanted(false);
    if (!nothing || fitting.length) void addChosen();
  });
  const point = (index: number) => {
    setChosen(index);
    setWanted(false);
    setFault(null);
  };
  const onKey = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && count) point((chosen + step + count) % count);
    else if (event.key !== "Enter" || event.shiftKey) return;
    else if (isComing) setWanted(true);
    else void addChosen();
    event.preventDefault();
  };
  return (
    <Dialog
      label="Add task"
      close={end}
      className="add-task"
      onKey={(event) => event.key === "Enter" && onKey(event)}
    >
      <div className="add-search">
        <Icon name="search" />
        <SearchBox
          box={box}
          value={query}
          change={search}
          list={list}
          active={count ? `${list}-${chosen}` : undefined}
          onKey={onKey}
        />
      </div>
      <div className="add-body">
        <div className="add-results">
          {found.error && <Refused error={found.error} />}
          {searching && <p className="empty">Searching …</p>}
          {!curl && (
            <OtherApi
              query={query}
              nothing={nothing && !searching && !hasAll(fitting, query)}
              known={found.data?.apis ?? []}
              search={search}
            />
          )}
          {curl && <p className="empty">This is a curl command; what it becomes is shown beside it.</p>}
          <ul role="listbox" id={list} aria-label="What can be added">
            {entries.map((entry, index) => (
              <Option
                key={entry.plain ? entry.plain.kind : entry.operation.name}
                id={`${list}-${index}`}
                chosen={index === chosen}
                choose={() => {
                  if (entry.plain) return void add(entry.plain);
                  point(index);
                  box.current?.focus(); // from there Enter adds it, and arrows go on
                }}
              >
                {entry.plain ? (
                  <PlainLine one={entry.plain} />
                ) : (
                  <OperationLine operation={entry.operation} />
                )}
              </Option>
            ))}
          </ul>
        </div>
        <Preview
          operation={operation}
          plain={entries[chosen]?.plain}
          prepared={prepared.data}
          busy={prepared.isFetching}
          fault={fault ?? prepared.error}
          add={() => void addChosen()}
          choices={choices}
          choose={(change) => setChoices((before) => ({ ...before, ...change }))}
        />
      </div>
      <footer className="add-keys">
        <span>
          <kbd>↑</kbd> <kbd>↓</kbd> choose
        </span>
        <span>
          <kbd>Enter</kbd> add
        </span>
        <span>
          <kbd>Esc</kbd> close
        </span>
        <span role="status" className="coming">
          {wanted && isComing && "The request is being prepared, and is added as soon as it is."}
        </span>
      </footer>
    </Dialog>
  );
}

function useFound(query: string) {
  const asked = useDeferredValue(query.trim());
  const found = useQuery({
    queryKey: ["search", asked],
    queryFn: ({ signal }) => api.searchOperations(asked, signal),
    placeholderData: (before) => before,
  });
  return { ...found, isComing: asked !== query.trim() || found.isPending || found.isPlaceholderData };
}

/** The task of the operation or curl command that is chosen. */
function usePrepared(operation: FoundOperation | undefined, curl: string | null, choices: Choices) {
  const { path, text } = useDocument.getState();
  const { asJson, own, keep } = choices;
  return useQuery<PreparedTask>({
    queryKey: ["prepared", path, operation?.name, curl, asJson, own, keep],
    queryFn: async () => {
      if (curl !== null) return ofCurl(await api.importCurl(commandOf(curl, choices)));
      const [name = "", ...rest] = (operation?.name ?? "").split(".");
      return api.prepareOperation(path ?? "", text, name, rest.join("."));
    },
    enabled: path !== null && (operation !== undefined || curl !== null),
    placeholderData: (before, query) => (curl !== null && query?.queryKey[3] === curl ? before : undefined),
    gcTime: 0, // a token that was pasted is not kept
  });
}

function commandOf(curl: string, { asJson, own, keep }: Choices): CurlCommand {
  const { path, text } = useDocument.getState();
  return { curl, path: path ?? "", text, as_json: asJson, own, keep };
}

/** The tasks of a command, or of several: each URL makes one. */
function ofCurl({ tasks, left_out, ...made }: ImportedTasks): PreparedTask {
  const [first, ...others] = tasks;
  const none = left_out[0];
  if (!first) throw new Problem(422, { detail: none?.message ?? "no request in it", hint: none?.hint });
  return {
    ...first,
    others,
    connections: made.connections,
    connection: made.connections[first.name] ?? null,
    configuration: made.configuration,
    secrets: made.secrets,
    declared_secrets: made.declared_secrets,
    fill_in: [],
    problems: left_out.map(
      ({ place, message, hint }) => `Left out: ${place}: ${message}${hint ? `; ${hint}` : ""}`,
    ),
    notes: made.notes,
    json_as_form: made.json_as_form.length > 0,
    isPasted: true,
  };
}

interface SearchBoxProps {
  box: RefObject<HTMLTextAreaElement | null>;
  value: string;
  change(text: string): void;
  list: string;
  active: string | undefined;
  onKey(event: KeyboardEvent): void;
}

function SearchBox({ box, value, change, list, active, onKey }: SearchBoxProps) {
  useEffect(() => box.current?.focus(), [box]);
  return (
    <textarea
      ref={box}
      rows={1}
      role="combobox"
      aria-label="Search an operation, or paste a curl command"
      aria-expanded="true"
      aria-controls={list}
      aria-activedescendant={active}
      placeholder="What should it do? For example: chat, create issue. Or paste a curl command"
      spellCheck={false}
      value={value}
      onChange={(event) => change(event.target.value)}
      onKeyDown={onKey}
    />
  );
}

function Option(props: { id: string; chosen: boolean; choose(): void; children: React.ReactNode }) {
  const line = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (props.chosen) line.current?.scrollIntoView({ block: "nearest" });
  }, [props.chosen]);
  return (
    <li ref={line} role="option" id={props.id} aria-selected={props.chosen} onClick={props.choose}>
      {props.children}
    </li>
  );
}

function PlainLine({ one }: { one: PlainTask }) {
  return (
    <>
      <Icon name={iconOf(one.kind)} />
      <span>{one.about}</span>
    </>
  );
}

function OperationLine({ operation }: { operation: FoundOperation }) {
  return (
    <>
      <span className="method">{operation.method.toUpperCase()}</span>
      <span className="what">
        {operation.summary || operation.name}
        <small>
          {operation.name.split(".")[0]} · {operation.path}
        </small>
      </span>
      {operation.deprecated && <span className="badge warning">deprecated</span>}
    </>
  );
}
