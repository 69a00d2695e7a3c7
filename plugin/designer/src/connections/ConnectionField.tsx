import type { Block, ConnectionState } from "../api/types";
import { useLayout } from "../app/layout";
import { useProject } from "../app/opening";
import { ofDefinition, useFaults } from "../request/form";
import { Told } from "../ui/Prose";
import { NotSetUp } from "./SecretField";
import { toldLacking } from "./use";

/** What a chat completion goes by where nothing is written. */
const DEFAULT = "openai";

/** Where the connection of a task is written. */
export const connectionAt = (block: Block) => `${block.pointer}/with/connection`;

interface Props {
  block: Block;
  /** As it is written, if it is. */
  given: string | undefined;
}

/** The connection that a task goes by: chosen, changed and set up at the task. */
export function ConnectionField({ block, given }: Props) {
  const connections = useProject().data?.connections ?? [];
  const isChat = block.kind === "call.chatCompletion";
  const testing = useLayout((state) => state.testing);
  const lacking = connections.filter((one) => !one.ready && block.connections.includes(one.name));
  return (
    <>
      {(isChat || given !== undefined) && <Choice {...{ block, given, connections, isChat }} />}
      {/* A test request tells it where its answer would be. */}
      {testing === null &&
        lacking.map((one) => <NotSetUp key={one.name} detail={toldLacking(one)} secrets={one.secrets} />)}
    </>
  );
}

interface ChoiceProps extends Props {
  connections: ConnectionState[];
  isChat: boolean;
}

function Choice({ block, given, connections, isChat }: ChoiceProps) {
  const pointer = connectionAt(block);
  const faults = useFaults(pointer, true);
  const name = given ?? DEFAULT;
  const known = connections.find((one) => one.name === name);
  const ofChat = connections.filter((one) => isChat && (one.provider !== null || one.name === DEFAULT));
  const others = connections.filter((one) => !ofChat.includes(one));
  const { openPanel } = useLayout.getState();
  return (
    <div className={`field ${faults.length ? "faulty" : ""}`} data-at={pointer} data-field="connection">
      <div className="field-head">
        <label htmlFor={`connection-of-${block.pointer}`}>
          <code>connection</code>
        </label>
        <span className="grow" />
        {known && (
          <button
            type="button"
            className="fx"
            aria-label={`Edit connection ${name}`}
            onClick={() => openPanel("connections", { edit: name })}
          >
            Edit
          </button>
        )}
        <button
          type="button"
          className="fx"
          onClick={() =>
            openPanel("connections", { add: known ? "" : name, task: known ? block.pointer : null })
          }
        >
          Add connection
        </button>
      </div>
      <select
        id={`connection-of-${block.pointer}`}
        className="field-input"
        value={given ?? ""}
        onChange={(event) => {
          const { value } = event.target;
          void (value ? ofDefinition.set(pointer, value) : ofDefinition.remove(pointer));
        }}
      >
        {isChat && <option value="">{DEFAULT} (by default)</option>}
        {given !== undefined && !known && <option value={given}>{given} (there is none of that name)</option>}
        {ofChat.map(optionOf)}
        {isChat && others.length > 0 ? (
          <optgroup label="of other APIs, or of a server of your own">{others.map(optionOf)}</optgroup>
        ) : (
          others.map(optionOf)
        )}
      </select>
      {known && <p className="field-about muted">{known.base_url ?? "the server is a secret"}</p>}
      {faults.map((fault) => (
        <p className={`field-fault written ${fault.severity}`} key={fault.code + fault.pointer}>
          <Told message={fault.message} hint={fault.hint} />
        </p>
      ))}
    </div>
  );
}

const optionOf = ({ name, ready }: ConnectionState) => (
  <option key={name} value={name}>
    {name}
    {ready ? "" : " (not set up)"}
  </option>
);
