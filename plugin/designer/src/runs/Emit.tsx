import { type FormEvent, useState } from "react";
import type { Json, TaskExecution } from "../api/types";
import { isObject } from "../request/schema";
import { useTaskForm } from "../request/TaskPane";
import { useRun } from "./run";

/** The first type of event in what a `listen` waits for. */
export function awaitedType(value: Json | undefined): string | null {
  if (Array.isArray(value)) return value.map(awaitedType).find((one) => one !== null) ?? null;
  if (!isObject(value)) return null;
  if (isObject(value.with) && typeof value.with.type === "string") return value.with.type;
  return (
    Object.values(value)
      .map(awaitedType)
      .find((one) => one !== null) ?? null
  );
}

/** Gives a run the event that it waits for, as an approval. */
export function Emit({ task }: { task: TaskExecution }) {
  const form = useTaskForm(task.pointer);
  const [type, setType] = useState<string | null>(null);
  const [data, setData] = useState("");
  const [fault, setFault] = useState<string | null>(null);
  const shown = type ?? awaitedType(form.data?.task) ?? "";
  const send = async (event: FormEvent) => {
    event.preventDefault();
    try {
      const value = JSON.parse(data.trim() || "null") as Json;
      setFault(null);
      await useRun.getState().emit(shown, value);
    } catch {
      setFault('The data is no JSON: write it as { "decision": "approve" }.');
    }
  };
  return (
    <form className="emit" onSubmit={(event) => void send(event)}>
      <h3>{task.name} waits for an event</h3>
      <label>
        Type
        <input
          className="field-input mono"
          required
          value={shown}
          onChange={(event) => setType(event.target.value)}
        />
      </label>
      <label>
        Data, as JSON; none where it is left empty
        <textarea
          className="field-input mono"
          rows={2}
          placeholder='as { "decision": "approve" }'
          value={data}
          onChange={(event) => setData(event.target.value)}
        />
      </label>
      {fault && <p className="field-fault error">{fault}</p>}
      <button type="submit" className="button small primary">
        Send event
      </button>
    </form>
  );
}
