import type { Operation } from "../api/types";
import { resolved, type Schema } from "../request/schema";
import { Prose } from "../ui/Prose";

const DEPTH = 4;

/** What an API's document tells of an operation. All of it is text: a document can hold anything. */
export default function Reference({ operation }: { operation: Operation }) {
  const whole = (contents: { media_type: string; schema: object }[] | undefined): Schema | null => {
    const content = contents?.find((one) => one.media_type.includes("json")) ?? contents?.[0];
    return content ? ({ ...content.schema, $defs: operation.definitions } as Schema) : null;
  };
  const body = whole(operation.body?.contents);
  return (
    <div className="reference">
      {operation.description && (
        <p className="about">
          <Prose text={operation.description} />
        </p>
      )}
      {operation.parameters.length > 0 && (
        <>
          <h3>Parameters</h3>
          <div>
            {operation.parameters.map((one) => (
              <Row
                key={one.location + one.name}
                name={one.name}
                required={one.required}
                type={`${one.location}, ${typeName(one.schema as Schema)}`}
                about={one.description}
                deprecated={one.deprecated}
              />
            ))}
          </div>
        </>
      )}
      {body && (
        <>
          <h3>Body</h3>
          <Properties schema={body} root={body} depth={0} />
        </>
      )}
      {operation.responses.length > 0 && <h3>Answers</h3>}
      {operation.responses.map((one) => {
        const schema = whole(one.contents);
        return (
          <details key={one.status}>
            <summary>
              <code>{one.status}</code> <Prose text={one.description} />
            </summary>
            {schema && <Properties schema={schema} root={schema} depth={0} />}
          </details>
        );
      })}
    </div>
  );
}

function typeName(schema: Schema): string {
  if (schema.enum?.length) return schema.enum.map(String).slice(0, 6).join(" | ");
  if (Array.isArray(schema.type)) return schema.type.join(" | ") || "any";
  return schema.type ?? (schema.oneOf || schema.anyOf ? "one of several" : "any");
}

function Row(props: { name: string; required: boolean; type: string; about: string; deprecated?: boolean }) {
  return (
    <div className="row">
      <p>
        <code>{props.name}</code>
        <small>{props.type}</small>
        {props.required && <b>required</b>}
        {props.deprecated && <span className="badge warning">deprecated</span>}
      </p>
      {props.about && (
        <p className="said">
          <Prose text={props.about} />
        </p>
      )}
    </div>
  );
}

/** What one finds when one opens it. */
const partsOf = (names: string[]) =>
  names.length > 4 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");

function Properties({ schema, root, depth }: { schema: Schema; root: Schema; depth: number }) {
  const known = resolved(schema, root);
  const shown = known.items ? resolved(known.items, root) : known;
  const properties = Object.entries(shown.properties ?? {});
  if (!properties.length) return <p className="muted">{typeName(known)}</p>;
  return (
    <div>
      {properties.map(([name, raw]) => {
        const part = resolved(raw, root);
        const inner = part.items ? resolved(part.items, root) : part;
        return (
          <div key={name}>
            <Row
              name={name}
              required={shown.required?.includes(name) ?? false}
              type={typeName(part)}
              about={part.description ?? ""}
              deprecated={part.deprecated ?? false}
            />
            {inner.properties && depth < DEPTH && (
              <details className="inner">
                <summary>{partsOf(Object.keys(inner.properties))}</summary>
                <Properties schema={inner} root={root} depth={depth + 1} />
              </details>
            )}
          </div>
        );
      })}
    </div>
  );
}
