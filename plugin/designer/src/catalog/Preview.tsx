import { useQuery } from "@tanstack/react-query";
import { getOperation } from "../api/endpoints";
import type { FoundOperation, NeededSecret, Operation, PreparedTask } from "../api/types";
import { Later } from "../ui/Later";
import { Prose, Refused } from "../ui/Prose";
import type { Choices } from "./add";
import type { PlainTask } from "./plain";
import { asYaml } from "./yaml";

interface Props {
  operation: FoundOperation | undefined;
  plain: PlainTask | undefined;
  prepared: PreparedTask | undefined;
  busy: boolean;
  fault: Error | null;
  add(): void;
  choices: Choices;
  choose(change: Partial<Choices>): void;
}

/** The task that would be added, and the reference of its operation. */
export function Preview(props: Props) {
  const { operation, plain, prepared, busy, fault, add } = props;
  const others = prepared?.others ?? [];
  const count = others.length + 1;
  if (plain) return <PlainPreview plain={plain} fault={fault} add={add} />;
  if (!operation && !prepared && !fault)
    return (
      <div className="preview empty">An operation's reference and its prepared request appear here.</div>
    );
  return (
    <section className="preview" aria-label="Prepared request">
      <header>
        <div>
          <h2>
            {operation?.summary || operation?.name || (others.length ? `${count} tasks` : prepared?.name)}
          </h2>
          {operation && (
            <code className="muted">
              {operation.method.toUpperCase()} {operation.path}
            </code>
          )}
        </div>
        <button type="button" className="button primary" disabled={!prepared || busy} onClick={add}>
          {busy ? "Preparing …" : others.length ? `Add ${count} tasks` : "Add task"}
        </button>
      </header>
      {fault && <Refused error={fault} />}
      {prepared && <Later load={beside} given={{ prepared, choices: props.choices, choose: props.choose }} />}
      {prepared && <Needs prepared={prepared} />}
      {prepared?.json_as_form && <JsonOrForm {...props} />}
      {prepared &&
        [prepared, ...others].map(({ name, task }) => (
          <pre className="code" key={name}>
            {asYaml({ [name]: task })}
          </pre>
        ))}
      {operation && <OperationReference name={operation.name} />}
    </section>
  );
}

/** Of a body that is JSON and that curl calls a form: it is seldom meant. */
function JsonOrForm({ choices: { asJson }, choose }: Props) {
  return (
    <p className="needs choice">
      <span>
        {asJson
          ? "The body is sent as JSON, where curl sends a form."
          : "Most APIs expect a body like this one as JSON."}
      </span>
      <button type="button" className="button small" onClick={() => choose({ asJson: !asJson })}>
        {asJson ? "Send as a form, as curl does" : "Send as JSON instead"}
      </button>
    </p>
  );
}

function PlainPreview({ plain, fault, add }: { plain: PlainTask; fault: Error | null; add(): void }) {
  return (
    <section className="preview" aria-label="Task">
      <header>
        <h2>{plain.about}</h2>
        <button type="button" className="button primary" onClick={add}>
          Add task
        </button>
      </header>
      {fault && <Refused error={fault} />}
      <pre className="code">{asYaml({ [plain.name]: plain.task })}</pre>
    </section>
  );
}

const isLacking = ({ state }: NeededSecret) => state === undefined || state === "missing";

function Needs({ prepared }: { prepared: PreparedTask }) {
  const needs = [
    ...prepared.secrets
      .filter(isLacking)
      .map(
        ({ name, what }) =>
          `Needs the secret \`${name}\`${what ? `, ${what}` : ""}: give it a value before you run it`,
      ),
    ...(prepared.fill_in.length ? [`To fill in: ${prepared.fill_in.join(", ")}`] : []),
    ...prepared.problems,
    ...prepared.notes,
  ];
  if (!needs.length) return null;
  return (
    <ul className="needs">
      {needs.map((need) => (
        <li key={need}>
          <Prose text={need} />
        </li>
      ))}
    </ul>
  );
}

/** The reference of an operation, by `API.OPERATION`. */
export function OperationReference({ name }: { name: string }) {
  const [api = "", ...operation] = name.split(".");
  const { data, error } = useQuery({
    queryKey: ["operation", name],
    queryFn: () => getOperation(api, operation.join(".")),
    staleTime: 60_000,
  });
  if (error) return <Refused error={error} />;
  return <ReferenceOf operation={data} />;
}

const reference = () => import("./Reference");
const beside = () => import("./Pasted");

/** What an operation is, once that is known. */
export function ReferenceOf({ operation }: { operation: Operation | undefined }) {
  const loading = <p className="muted">Loading the reference …</p>;
  return operation ? <Later load={reference} given={{ operation }} meanwhile={loading} /> : loading;
}
