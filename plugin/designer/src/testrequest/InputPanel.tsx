import { useEffect, useRef, useState } from "react";
import type { Block, Json } from "../api/types";
import { useCursor } from "../request/form";
import { flattened } from "../state/blocks";
import { useDocument } from "../state/document";
import { Simulated } from "../ui/Prose";
import { type Sample, useData, useSample, withOutputs } from "./data";
import { JsonTree } from "./JsonTree";
import { useSession } from "./session";

/** What the task finds: the run's input and what other tasks gave, as it is known, and what is asked for. */
export function InputPanel({ block }: { block: Block }) {
  const path = useDocument((state) => state.path) ?? "";
  const reads = useReads(block);
  const sample = useSample(path);
  const missing = useSession((state) => state.missing);
  const keep = useData((state) => state.keep);
  const pane = useRef<HTMLElement>(null);
  useEffect(() => {
    if (missing.length) pane.current?.querySelector("textarea")?.focus();
  }, [missing]);
  const outputs = [...new Set([...reads.tasks, ...Object.keys(sample.outputs)])].filter(
    (name) => name !== block.name,
  );
  const values = [...new Set([...missing, ...Object.keys(sample.values)])];
  return (
    <section className="test-pane" aria-label="Input" ref={pane}>
      <h3>Input</h3>
      {missing.length > 0 && (
        <p className="ask">The request reads these values. Give them, and send again: Ctrl Enter.</p>
      )}
      {values.map((name) => (
        <Part
          key={name}
          title={name}
          value={sample.values[name]}
          wanted
          keep={(value) =>
            keep(path, (former) => ({ ...former, values: changed(former.values, name, value) }))
          }
        />
      ))}
      <Part
        title="$workflow.input"
        value={sample.input}
        wanted={reads.input && !values.some((name) => name.startsWith("input"))}
        keep={(input) =>
          keep(path, ({ input: _former, ...rest }) => (input === undefined ? rest : { ...rest, input }))
        }
      />
      {outputs.map((name) => (
        <Part
          key={name}
          title={`$tasks.${name}`}
          value={sample.outputs[name]}
          simulated={sample.simulated.includes(name)}
          wanted={false}
          keep={(value) =>
            keep(path, (former) => ({
              ...withOutputs(former, value === undefined ? {} : { [name]: value }),
              outputs: changed(former.outputs, name, value),
            }))
          }
        />
      ))}
      {!reads.input && outputs.length === 0 && values.length === 0 && (
        <p className="muted">This task reads nothing from the run.</p>
      )}
    </section>
  );
}

function changed(values: Sample["outputs"], name: string, value: Json | undefined): Sample["outputs"] {
  const { [name]: _former, ...others } = values;
  return value === undefined ? others : { ...values, [name]: value };
}

/** What the task's text reads; the server tells what is missing in truth. */
function useReads(block: Block): { input: boolean; tasks: string[] } {
  const text = useDocument((state) => state.text).slice(block.start, block.end);
  const names = new Set(flattened(useDocument((state) => state.blocks)).map((one) => one.name));
  const tasks = [...text.matchAll(/\$tasks\.([A-Za-z_]\w*)/g)].map((match) => match[1] ?? "");
  return {
    input: /\$workflow\.input|\$input\b/.test(text),
    tasks: [...new Set(tasks)].filter((name) => names.has(name)),
  };
}

interface PartProps {
  title: string;
  value: Json | undefined;
  wanted: boolean;
  simulated?: boolean;
  keep(value: Json | undefined): void;
}

function Part({ title, value, wanted, simulated = false, keep }: PartProps) {
  const [editing, setEditing] = useState(false);
  if (value === undefined && !wanted && !editing) return null;
  const shown = value === undefined || editing;
  return (
    <div className="input-part">
      <header>
        <code>{title}</code>
        {simulated && <Simulated />}
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

function JsonBox({
  title,
  value,
  begun,
  keep,
}: Omit<PartProps, "wanted" | "simulated"> & { begun: boolean }) {
  const box = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (begun) box.current?.focus();
  }, [begun]);
  const [text, setText] = useState(value === undefined ? "" : JSON.stringify(value, null, 2));
  const [fault, setFault] = useState<string | null>(null);
  const done = () => {
    if (text.trim() === "") return keep(undefined);
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
        placeholder="text, or JSON"
        spellCheck={false}
        rows={4}
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
