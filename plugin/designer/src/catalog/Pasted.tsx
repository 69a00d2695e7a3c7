import type { ReactNode } from "react";
import type { JsonObject, PreparedTask } from "../api/types";
import { useProject } from "../app/opening";
import { Prose } from "../ui/Prose";
import { type Choices, connectionsOf } from "./add";

interface Props {
  prepared: PreparedTask;
  choices: Choices;
  choose(change: Partial<Choices>): void;
}

/** What is done beside adding a task: each of it is told, and can be left out. */
export default function Beside({ prepared, choices, choose }: Props) {
  const project = useProject().data;
  const opened = openedBy(prepared.configuration);
  const kept = prepared.secrets.filter((one) => one.state === "kept");
  const another = prepared.secrets.filter((one) => one.state === "another");
  const mayKeep = project?.why_no_values == null && (kept.length > 0 || !choices.keep);
  const known = Object.entries(prepared.connections ?? {}).filter(
    ([, connection]) => !(connection in connectionsOf(prepared.configuration)),
  );
  const isKnown = known.length > 0;
  if (!opened.length && !mayKeep && !isKnown && !choices.own && !another.length) return null;
  return (
    <div className="needs beside">
      {isKnown && (
        <Line
          told={known
            .map(
              ([task, connection]) =>
                `${prepared.others?.length ? `\`${task}\`` : "It"} goes by the connection \`${connection}\`: to its server, with its credential.`,
            )
            .join(" ")}
          label="Use the command's own instead"
          act={() => choose({ own: true })}
        />
      )}
      {choices.own && (
        <Line
          told="It leaves the connection of that server aside."
          label="Go by it"
          act={() => choose({ own: false })}
        />
      )}
      {another.map(({ name }) => (
        <p key={name}>
          <Prose text={`\`${name}\` has another value than in the command: it stays, and is what is sent.`} />
        </p>
      ))}
      {opened.map(({ name, server }) => (
        <Tick key={name} checked={choices.reach} change={(reach) => choose({ reach })}>
          <Prose
            text={`\`${server}\` is at a private address: allow requests to it, by the new connection \`${name}\` alone.`}
          />
        </Tick>
      ))}
      {mayKeep && (
        <Tick checked={choices.keep} change={(keep) => choose({ keep })}>
          <Prose
            text={
              kept.length
                ? `Keep the value of ${kept.map((one) => `\`${one.name}\``).join(", ")} in \`.env\`, which only this machine has.${kept.map(toldInstead).join("")}`
                : "Keep the credentials of the command in `.env`, which only this machine has."
            }
          />
        </Tick>
      )}
    </div>
  );
}

const toldInstead = ({ name, instead_of }: PreparedTask["secrets"][number]) =>
  instead_of
    ? ` \`${instead_of}\` has another value or another server and stays: this one is \`${name}\`.`
    : "";

function Line({ told, label, act }: { told: string; label: string; act(): void }) {
  return (
    <div className="choice">
      <span>
        <Prose text={told} />
      </span>
      <button type="button" className="button small" onClick={act}>
        {label}
      </button>
    </div>
  );
}

function Tick(props: { checked: boolean; change(checked: boolean): void; children: ReactNode }) {
  return (
    <label>
      <input
        type="checkbox"
        checked={props.checked}
        onChange={({ target }) => props.change(target.checked)}
      />
      <span>{props.children}</span>
    </label>
  );
}

/** The new connections that may reach a private address, each with its server. */
function openedBy(configuration: JsonObject) {
  return Object.entries(connectionsOf(configuration) as Record<string, JsonObject>).flatMap(
    ([name, { base_url, allow_private }]) =>
      allow_private ? [{ name, server: String(base_url).replace(/^https?:\/\/|\/.*$/g, "") }] : [],
  );
}
