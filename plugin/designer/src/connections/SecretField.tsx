import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type KeyboardEvent, useId, useRef, useState } from "react";
import { giveValue } from "../api/endpoints";
import type { SecretState, TakenValue } from "../api/types";
import { useProject } from "../app/opening";
import { useDocument } from "../state/document";
import { Prose, Refused } from "../ui/Prose";
import "./secret.css";

/** Called once a secret has its value. */
type Given = (saved: TakenValue) => void;

/** What is written and not saved yet, by what it is of: each is saved as by its own button. */
export type Unsaved = Record<string, () => Promise<unknown>>;

/** Tells what is to be saved of something; null where nothing is. */
export type TellUnsaved = (of: string, save: (() => Promise<unknown>) | null) => void;

interface Props {
  secret: SecretState;
  given?: Given;
  unsaved?: TellUnsaved;
}

/** The value of one secret: it is typed in here, goes to the server, and is never shown again. */
export function SecretField({ secret, given, unsaved }: Props) {
  const id = useId();
  const client = useQueryClient();
  const project = useProject().data;
  const [replacing, setReplacing] = useState(false);
  const box = useRef<HTMLInputElement>(null);
  const save = useMutation({
    mutationFn: () => {
      const { path, text } = useDocument.getState();
      // The box alone holds it: it is no variable of this mutation, which the page would keep for a while.
      const value = box.current?.value.trim() ?? "";
      return giveValue(secret.name, value, path === null ? null : { path, text });
    },
    onSuccess: async (saved) => {
      if (box.current) box.current.value = "";
      setReplacing(false);
      unsaved?.(secret.name, null);
      await client.invalidateQueries({ queryKey: ["project"] });
      await client.invalidateQueries({ queryKey: ["models"] });
      given?.(saved);
    },
  });
  const send = () => (box.current?.value.trim() ? save.mutate() : box.current?.focus());
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // of a form around it, which it is no field of
    event.stopPropagation();
    send();
  };
  const why = secret.why_not ?? project?.why_no_values ?? null;
  const isOpen = !secret.has_value || replacing;
  return (
    <div className="secret" role="group" aria-label={`Value of ${secret.name}`}>
      <p>
        {isOpen && why === null ? (
          <label htmlFor={id}>
            {secret.has_value ? "New value of" : "Value of"} <code>{secret.name}</code>
          </label>
        ) : (
          <Prose text={secret.told} />
        )}
        {secret.has_value && why === null && (
          <button
            type="button"
            className="button plain small"
            onClick={() => {
              setReplacing(!replacing);
              unsaved?.(secret.name, null);
            }}
          >
            {replacing ? "Keep it" : "Replace"}
          </button>
        )}
      </p>
      {isOpen && why === null && (
        <div className="secret-box">
          <input
            id={id}
            ref={box}
            type="password"
            className="field-input mono"
            autoComplete="off"
            spellCheck={false}
            aria-describedby={`${id}-about`}
            // biome-ignore lint/a11y/noAutofocus: it opens because somebody asked for it
            autoFocus={replacing}
            onInput={({ currentTarget: { value } }) =>
              unsaved?.(secret.name, value.trim() ? () => save.mutateAsync() : null)
            }
            onKeyDown={onKey}
          />
          <button type="button" className="button primary" disabled={save.isPending} onClick={send}>
            {save.isPending ? "Saving …" : "Save value"}
          </button>
        </div>
      )}
      {isOpen && why === null && (
        <p className="muted" id={`${id}-about`}>
          Goes into <code>{project?.dotenv ?? ".env"}</code> on this machine, counts at once, and is never
          shown again.
        </p>
      )}
      {why !== null && (
        <p className="muted">
          <Prose text={why} />
        </p>
      )}
      {save.error && <Refused error={save.error} />}
      {save.data && secret.has_value && !replacing && <SavedValue saved={save.data} />}
    </div>
  );
}

interface ListProps {
  secrets: SecretState[];
  given?: Given;
  unsaved?: TellUnsaved;
}

/** Several secrets, each to be given its value where it is missed. */
export function SecretFields({ secrets, ...told }: ListProps) {
  return secrets.map((one) => <SecretField key={one.name} secret={one} {...told} />);
}

/** What can't be sent or run for want of a value, and the boxes for what it lacks. */
export function NotSetUp({ detail, secrets, given }: ListProps & { detail: string }) {
  return (
    <div className="not-set-up" role="alert">
      <p>
        <b>
          <Prose text={detail} />
        </b>
      </p>
      <SecretFields secrets={secrets} {...(given ? { given } : {})} />
    </div>
  );
}

/** Where a value went that was just given, and what else to do. */
export function SavedValue({ saved }: { saved: TakenValue }) {
  return (
    <p role="status" className="secret-saved">
      <code>{saved.secret.name}</code> is saved in <code>{saved.file}</code>, and counts at once.{" "}
      {saved.warning && (
        <span className="warn">
          <Prose text={saved.warning} />
        </span>
      )}
    </p>
  );
}
