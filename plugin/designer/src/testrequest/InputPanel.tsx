import { useEffect, useRef, useState } from "react";
import type { AskedValue, Block, Json, ReadableValue } from "../api/types";
import { useCursor } from "../request/form";
import { useDocument } from "../state/document";
import { Simulated } from "../ui/Prose";
import { toldTime } from "../ui/time";
import { useReadable } from "./DataPanel";
import {
  knownIn,
  type RunData,
  runOf,
  type Sample,
  useData,
  useSample,
  valueAt,
  withOutputs,
  withValueAt,
} from "./data";
import { JsonTree } from "./JsonTree";
import { useSession } from "./session";

/** What the task finds: what it reads of the run, as it is known, and what is asked for. */
export function InputPanel({ block }: { block: Block }) {
  const path = useDocument((state) => state.path) ?? "";
  const sample = useSample(path);
  const missing = useSession((state) => state.missing);
  const keep = useData((state) => state.keep);
  const { data } = useReadable(block.pointer);
  const asked = useAsked(data?.asked);
  const pane = useRef<HTMLElement>(null);
  useEffect(() => {
    if (!missing.length) return;
    const boxes = [...(pane.current?.querySelectorAll("textarea") ?? [])];
    (boxes.find((box) => box.value === "") ?? boxes[0])?.focus();
  }, [missing]);
  const values = given(sample, block.name, asked, data?.values ?? []);
  const isInParts = (one: ReadableValue) =>
    one.source === "variable" && values.some(({ name }) => segmentOf(name) === one.name);
  const shown =
    data?.values.filter((one) => !isInParts(one) && (one.is_read || knownIn(sample, one) !== undefined)) ??
    [];
  return (
    <section className="test-pane" aria-label="Input" ref={pane}>
      <h3>Input</h3>
      {missing.length > 0 && (
        <p className="ask">The request reads these values. Give them, and send again: Ctrl Enter.</p>
      )}
      {values.map(({ owner, name }) => (
        <Part
          key={name}
          title={name}
          value={valuesOf(sample, owner)[name]}
          wanted
          keep={(value) => keep(path, (former) => withGiven(former, owner, name, value))}
        />
      ))}
      {shown.map((one) =>
        one.source === "input" ? (
          <WorkflowInput key="input" asked={asked.filter(({ path: place }) => place)} wanted={one.is_read} />
        ) : (
          <Part
            key={one.expression}
            title={one.expression}
            value={knownIn(sample, one)}
            simulated={one.source === "task" && sample.simulated.includes(one.name)}
            run={runOf(sample, one)}
            wanted={false}
            keep={(value) => keep(path, (former) => withReadable(former, one, value))}
          />
        ),
      )}
      {data && shown.length === 0 && values.length === 0 && (
        <p className="muted">This task reads nothing from the run.</p>
      )}
    </section>
  );
}

/** All that was asked for since the pane is open: a box stays where it is while others are filled in. */
function useAsked(asked: AskedValue[] | undefined): AskedValue[] {
  const [all, setAll] = useState<AskedValue[]>([]);
  const more = asked?.filter((one) => !all.some(({ name }) => name === one.name)) ?? [];
  if (more.length) setAll([...all, ...more]);
  return all;
}

/** The workflow's input: what is asked of it, each value in a box of its own, or all of it as JSON. */
function WorkflowInput({ asked, wanted }: { asked: AskedValue[]; wanted: boolean }) {
  const path = useDocument((state) => state.path) ?? "";
  const { input } = useSample(path);
  const keep = useData((state) => state.keep);
  const [whole, setWhole] = useState(false);
  const take = (value: Json | undefined) =>
    keep(path, ({ input: _former, ...rest }) => (value === undefined ? rest : { ...rest, input: value }));
  const isAsked = asked.some(({ path: place }) => place?.length);
  if (!isAsked || whole) return <Part title="$workflow.input" value={input} wanted={wanted} keep={take} />;
  return (
    <div className="input-part">
      <header>
        <code>$workflow.input</code>
        <button type="button" className="button small plain" onClick={() => setWhole(true)}>
          As JSON
        </button>
      </header>
      {asked.map(({ name, path: place, type }) => (
        <div key={name}>
          <p className="input-name">
            <code>{name}</code> <small>{type}</small>
          </p>
          <JsonBox
            title={name}
            value={valueAt(input, place ?? [])}
            begun={false}
            isText={type === "string"}
            keep={(value) => take(withValueAt(input, place ?? [], value))}
          />
        </div>
      ))}
    </div>
  );
}

/** A value by its name, and the task whose own it is. */
type Given = Pick<AskedValue, "owner" | "name">;

/** What a name begins with: `item` of `item.id`. */
const segmentOf = (name: string) => name.split(/[.[]/, 1)[0];

const valuesOf = ({ values, own }: Sample, owner: string | null) =>
  owner === null ? values : (own[owner] ?? {});

/** Values that are asked for, and those that were given of what this task can read. */
function given(sample: Sample, task: string, asked: AskedValue[], readable: ReadableValue[]): Given[] {
  const known = (name: string) => readable.some((one) => one.name !== "" && one.name === segmentOf(name));
  const loops = readable.flatMap(({ owner }) => (owner === null ? [] : [owner]));
  const all: Given[] = [
    ...asked.filter(({ path }) => !path),
    ...Object.keys(sample.values)
      .filter((name) => known(name) || /^(context|tasks)\b/.test(name))
      .map((name) => ({ owner: null, name })),
    ...[...new Set([...loops, task])].flatMap((owner) =>
      Object.keys(sample.own[owner] ?? {})
        .filter(
          (name) => (known(name) && name !== segmentOf(name)) || (owner === task && name.startsWith(".")),
        )
        .map((name) => ({ owner, name })),
    ),
  ];
  return all.filter((one, index) => all.findIndex(({ name }) => name === one.name) === index);
}

function withGiven(sample: Sample, owner: string | null, name: string, value: Json | undefined): Sample {
  const values = changed(valuesOf(sample, owner), name, value);
  return owner === null ? { ...sample, values } : { ...sample, own: { ...sample.own, [owner]: values } };
}

function withReadable(sample: Sample, one: ReadableValue, value: Json | undefined): Sample {
  const { source, name, owner } = one;
  if (source === "variable") {
    // The whole of it stands in place of its parts.
    const parts = Object.keys(sample.own[owner ?? ""] ?? {}).filter((part) => segmentOf(part) === name);
    const without = parts.reduce((former, part) => withGiven(former, owner, part, undefined), sample);
    return withGiven(without, owner, name, value);
  }
  if (source === "context") {
    const { context: _former, ...rest } = sample;
    return value === undefined ? rest : { ...rest, context: value };
  }
  const given = withOutputs(sample, value === undefined ? {} : { [name]: value });
  return { ...given, outputs: changed(sample.outputs, name, value) };
}

function changed(values: Sample["outputs"], name: string, value: Json | undefined): Sample["outputs"] {
  const { [name]: _former, ...others } = values;
  return value === undefined ? others : { ...values, [name]: value };
}

interface PartProps {
  title: string;
  value: Json | undefined;
  wanted: boolean;
  simulated?: boolean;
  /** The run that the value is of. */
  run?: RunData | null;
  keep(value: Json | undefined): void;
}

function Part({ title, value, wanted, simulated = false, run = null, keep }: PartProps) {
  const [editing, setEditing] = useState(false);
  if (value === undefined && !wanted && !editing) return null;
  const shown = value === undefined || editing;
  return (
    <div className="input-part">
      <header>
        <code>{title}</code>
        {simulated && <Simulated />}
        {run && <small title={run.id}>run of {toldTime(run.at)}</small>}
        {value !== undefined && (
          <button type="button" className="button small plain" onClick={() => setEditing(!editing)}>
            {editing ? "Show" : "Edit"}
          </button>
        )}
      </header>
      {shown ? (
        <JsonBox
          title={title}
          value={value}
          begun={editing}
          keep={(next) => {
            keep(next);
            setEditing(false);
          }}
        />
      ) : (
        <JsonTree
          value={value}
          base={title}
          pick={(expression) => useCursor.getState().target?.take(expression)}
          label={title}
        />
      )}
    </div>
  );
}

interface BoxProps extends Omit<PartProps, "wanted" | "simulated" | "run"> {
  begun: boolean;
  /** Whether what is written is a text whatever it looks like. */
  isText?: boolean;
}

function JsonBox({ title, value, begun, isText = false, keep }: BoxProps) {
  const box = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (begun) box.current?.focus();
  }, [begun]);
  const [text, setText] = useState(
    value === undefined ? "" : isText && typeof value === "string" ? value : JSON.stringify(value, null, 2),
  );
  const [fault, setFault] = useState<string | null>(null);
  const done = () => {
    if (text.trim() === "") return keep(undefined);
    if (isText) return keep(text);
    try {
      keep(JSON.parse(text) as Json);
    } catch {
      if (/^\s*[[{"]/.test(text)) setFault("This is no JSON yet.");
      else keep(text);
    }
  };
  return (
    <>
      <textarea
        ref={box}
        className="field-input mono"
        aria-label={title}
        placeholder={isText ? "text" : "text, or JSON"}
        spellCheck={false}
        rows={isText ? 1 : 4}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setFault(null);
        }}
        onBlur={done}
      />
      {fault && <p className="field-fault error">{fault}</p>}
    </>
  );
}
