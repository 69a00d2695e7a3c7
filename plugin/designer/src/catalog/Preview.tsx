import { useQuery } from "@tanstack/react-query";
import { getOperation } from "../api/endpoints";
import type { FoundOperation, PreparedTask } from "../api/types";
import { Prose } from "../ui/Prose";
import type { PlainTask } from "./add";
import { Reference } from "./Reference";
import { asYaml } from "./yaml";

interface Props {
  operation: FoundOperation | undefined;
  plain: PlainTask | undefined;
  prepared: PreparedTask | undefined;
  busy: boolean;
  fault: string | null;
  add(): void;
}

/** The task that would be added, and the reference of its operation. */
export function Preview({ operation, plain, prepared, busy, fault, add }: Props) {
  if (plain) return <PlainPreview plain={plain} add={add} />;
  if (!operation && !prepared && !fault)
    return (
      <div className="preview empty">An operation's reference and its prepared request appear here.</div>
    );
  return (
    <section className="preview" aria-label="Prepared request">
      <header>
        <div>
          <h2>{operation?.summary || operation?.name || prepared?.name}</h2>
          {operation && (
            <code className="muted">
              {operation.method.toUpperCase()} {operation.path}
            </code>
          )}
        </div>
        <button type="button" className="button primary" disabled={!prepared || busy} onClick={add}>
          Add task
        </button>
      </header>
      {fault && <p className="field-fault error">{fault}</p>}
      {prepared && <Needs prepared={prepared} />}
      {prepared && <pre className="code">{asYaml({ [prepared.name]: prepared.task })}</pre>}
      {operation && <OperationReference name={operation.name} />}
    </section>
  );
}

function PlainPreview({ plain, add }: { plain: PlainTask; add(): void }) {
  return (
    <section className="preview" aria-label="Task">
      <header>
        <h2>{plain.about}</h2>
        <button type="button" className="button primary" onClick={add}>
          Add task
        </button>
      </header>
      <pre className="code">{asYaml({ [plain.name]: plain.task })}</pre>
    </section>
  );
}

function Needs({ prepared }: { prepared: PreparedTask }) {
  const needs = [
    ...prepared.secrets.map(
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
  if (error) return <p className="field-fault error">{error.message}</p>;
  return data ? <Reference operation={data} /> : <p className="muted">Loading the reference …</p>;
}
