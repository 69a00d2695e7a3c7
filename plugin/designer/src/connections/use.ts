import type { Block, ConnectionState, Finding, ListedDefinition } from "../api/types";
import { flattened } from "../state/blocks";

/** A task that goes by a connection, and the file that it is in. */
export interface Using {
  path: string;
  task: string;
}

/** The tasks of all definitions that use a connection; of the one that is open, as it stands in the page. */
export function tasksThatUse(
  connection: string,
  definitions: ListedDefinition[],
  path: string | null,
  blocks: Block[],
): Using[] {
  const here = flattened(blocks).filter((block) => block.connections.includes(connection));
  const saved = definitions.filter((one) => one.path !== path);
  return [
    ...here.map((block) => ({ path: path ?? "", task: block.name })),
    ...saved.flatMap((one) => (one.connections[connection] ?? []).map((task) => ({ path: one.path, task }))),
  ];
}

const MOST = 6;

/** Some of them in words. */
export function listed(used: Using[]): string {
  const first = used.slice(0, MOST).map(({ path, task }) => `${task} of ${path}`);
  return [...first, ...(used.length > MOST ? [`${used.length - MOST} more`] : [])].join(", ");
}

/** The connections that something is missing for: those of httptask.toml, and of the others those that a task uses. */
export const lackingOf = (
  connections: ConnectionState[],
  definitions: ListedDefinition[],
  path: string | null,
  blocks: Block[],
) =>
  connections.filter(
    (one) => !one.ready && (one.is_written || tasksThatUse(one.name, definitions, path, blocks).length > 0),
  );

/** What blocks go by that is not set up, as their flow tells what is wrong with them. */
export function notSetUp(blocks: Block[], connections: ConnectionState[] | undefined): Finding[] {
  const lacking = connections?.filter((one) => !one.ready) ?? [];
  if (!lacking.length) return [];
  return flattened(blocks).flatMap(({ pointer, connections: used, start, end }) =>
    lacking
      .filter(({ name }) => used.includes(name))
      .map((one) => {
        const place = `${pointer}/with/connection`;
        return {
          places: [place],
          code: `not-set-up-${one.name}`,
          severity: "warning" as const,
          message: toldLacking(one),
          hint: "Give it beside the task's fields.",
          pointer: place,
          line: 0,
          column: 0,
          start,
          end,
        };
      }),
  );
}

export const toldLacking = ({ name, missing }: ConnectionState) =>
  `Connection ${name} is not set up: ${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} missing.`;
