import { useId, useRef } from "react";
import type { Json, JsonObject } from "../api/types";
import { Icon } from "../ui/icons";
import { Told } from "../ui/Prose";
import { useFaults, useForm } from "./form";
import { JsonInput, TextInput } from "./inputs";
import { isObject, partOf } from "./schema";

const ROLES = ["system", "developer", "user", "assistant", "tool"];

/** The messages of a chat, one below the other as they are sent. */
export function MessagesEditor({ pointer, value }: { pointer: string; value: Json[] }) {
  const { set } = useForm();
  const list = useRef<HTMLDivElement>(null);
  const add = async () => {
    const last = value.at(-1);
    const role = isObject(last) && last.role === "user" ? "assistant" : value.length ? "user" : "system";
    if (!(await set(partOf(pointer, "-"), { role, content: "" }))) return;
    requestAnimationFrame(() => [...(list.current?.querySelectorAll("textarea") ?? [])].at(-1)?.focus());
  };
  return (
    <div className="messages" ref={list}>
      {value.map((message, index) => (
        <Message
          key={index}
          pointer={partOf(pointer, index)}
          number={index + 1}
          message={isObject(message) ? message : { role: "user", content: message }}
        />
      ))}
      <button type="button" className="button small" onClick={() => void add()}>
        <Icon name="plus" size={12} /> Add message
      </button>
    </div>
  );
}

function Message({ pointer, number, message }: { pointer: string; number: number; message: JsonObject }) {
  const { set, remove } = useForm();
  const faults = useFaults(pointer, true);
  const role = typeof message.role === "string" ? message.role : "user";
  const { content = "" } = message;
  const label = `content of message ${number}`;
  const place = partOf(pointer, "content");
  const id = useId();
  const commit = (next: Json) => void set(place, next);
  return (
    <div className="message">
      <div className="field-head">
        <select
          className="role"
          aria-label={`role of message ${number}`}
          value={role}
          onChange={(event) => void set(partOf(pointer, "role"), event.target.value)}
        >
          {(ROLES.includes(role) ? ROLES : [...ROLES, role]).map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
        <span className="grow" />
        <button
          type="button"
          className="fx"
          aria-label={`Remove message ${number}`}
          onClick={() => void remove(pointer)}
        >
          <Icon name="close" size={11} />
        </button>
      </div>
      <label className="sr" htmlFor={id}>
        {label}
      </label>
      {typeof content === "string" ? (
        <TextInput
          id={id}
          label={label}
          pointer={place}
          value={content}
          commit={commit}
          placeholder="What is said"
          prose
        />
      ) : (
        <JsonInput id={id} label={label} pointer={place} value={content} commit={commit} />
      )}
      {faults.map((fault) => (
        <p className={`field-fault ${fault.severity}`} key={fault.code + fault.pointer}>
          <Told message={fault.message} hint={fault.hint} />
        </p>
      ))}
    </div>
  );
}
