import { useId, useRef } from "react";
import type { Json, JsonObject } from "../api/types";
import { partOf } from "../state/blocks";
import { Icon } from "../ui/icons";
import { Faults } from "./Faults";
import { Field } from "./Field";
import { useFaults, useForm } from "./form";
import { TextInput } from "./inputs";
import { branchesOf, branchOf, isObject, resolved, type Schema } from "./schema";

const ROLES = ["system", "developer", "user", "assistant", "tool"];

/** The messages of a chat, one below the other as they are sent. */
export function MessagesEditor({
  pointer,
  schema,
  value,
}: {
  pointer: string;
  schema: Schema;
  value: Json[];
}) {
  const { root, set } = useForm();
  const forms = branchesOf(resolved(schema.items ?? {}, root), root);
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
          schema={forms[branchOf(forms, message, root)] ?? {}}
          message={isObject(message) ? message : { role: "user", content: message }}
        />
      ))}
      <button type="button" className="button small" onClick={() => void add()}>
        <Icon name="plus" size={12} /> Add message
      </button>
    </div>
  );
}

/** What every message has; the rest depends on its role. */
const OF_ALL = ["role", "content"];

interface MessageProps {
  pointer: string;
  number: number;
  schema: Schema;
  message: JsonObject;
}

function Message({ pointer, number, schema, message }: MessageProps) {
  const { root, set, remove } = useForm();
  const faults = useFaults(pointer, true);
  const role = typeof message.role === "string" ? message.role : "user";
  const { content = "" } = message;
  const label = `content of message ${number}`;
  const place = partOf(pointer, "content");
  const id = useId();
  const { properties = {}, required = [] } = schema;
  const forms = branchesOf(resolved(properties.content ?? {}, root), root);
  const parts = forms.find((one) => one.type === "array");
  const more = [...new Set([...required, ...Object.keys(message)])].filter((name) => !OF_ALL.includes(name));
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
        {parts && typeof content === "string" && (
          <button
            type="button"
            className="fx"
            aria-label={`Parts for message ${number}`}
            title="Several parts: text, and images, sound or files where a model takes them"
            onClick={() => void set(place, [{ type: "text", text: content }])}
          >
            parts
          </button>
        )}
        <button
          type="button"
          className="fx"
          aria-label={`Remove message ${number}`}
          onClick={() => void remove(pointer)}
        >
          <Icon name="close" size={11} />
        </button>
      </div>
      {typeof content === "string" ? (
        <>
          <label className="sr" htmlFor={id}>
            {label}
          </label>
          <TextInput
            id={id}
            label={label}
            pointer={place}
            value={content}
            commit={(next) => void set(place, next)}
            placeholder="What is said"
            prose
          />
        </>
      ) : (
        <Field name="content" pointer={place} schema={parts ?? {}} value={content} required />
      )}
      {more.map((name) => (
        <Field
          key={name}
          name={name}
          pointer={partOf(pointer, name)}
          schema={properties[name] ?? {}}
          value={message[name]}
          required={required.includes(name)}
        />
      ))}
      <Faults faults={faults} />
    </div>
  );
}
