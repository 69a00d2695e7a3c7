import type { Block, ListedDefinition } from "../api/types";
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
