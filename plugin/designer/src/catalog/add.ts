import * as api from "../api/endpoints";
import type { Edit, Json, JsonObject, PreparedTask } from "../api/types";
import { useLayout } from "../app/layout";
import { flattened, freeName, pointerAt } from "../state/blocks";
import { problemOf, useDocument } from "../state/document";
import type { Place } from "./adding";

/**
 * Puts a task into the definition, its secrets declared and its connection written, and shows its form.
 *
 * @param isMeant Whether its values are the author's own, even where they are those that would be made up: in a document
 *   of its API that is added later, too.
 * @param keep Keeps its credentials, which are nobody's before the task is added.
 */
export async function addTask(
  place: Place,
  prepared: PreparedTask,
  isMeant = false,
  keep?: () => Promise<void>,
): Promise<boolean> {
  try {
    await keep?.();
    if (Object.keys(prepared.configuration).length) await api.addConnections(prepared.configuration);
  } catch (error) {
    useDocument.setState({ problem: problemOf(error) });
    return false;
  }
  const declares: Edit[] = prepared.declared_secrets.length
    ? [{ op: "secrets", names: prepared.declared_secrets }]
    : [];
  const added = [prepared, ...(prepared.others ?? [])];
  return insertAll(place, added, declares, isMeant);
}

/** Puts a task into the definition under a name that no other has, and shows its form. */
export const insert = (place: Place, name: string, task: JsonObject) =>
  insertAll(place, [{ name, task }], [], false);

/** Puts tasks into the definition, one behind the other, and shows the form of the first. */
async function insertAll(
  { list, index }: Place,
  added: { name: string; task: JsonObject }[],
  more: Edit[],
  isMeant: boolean,
): Promise<boolean> {
  const { blocks, edit, select, keepMadeUp, forgetKept } = useDocument.getState();
  const taken = flattened(blocks).map((block) => block.name);
  const edits = added.map(({ name, task }, number): Edit & { name: string } => {
    const free = freeName(name, taken);
    taken.push(free);
    return { op: "insert", list, index: index + number, name: free, task };
  });
  const places = edits.map(({ name }, number) => pointerAt(list, index + number, name));
  forgetKept(places);
  if (isMeant) keepMadeUp(places);
  if (!(await edit([...edits, ...more]))) return false;
  select(places[0] ?? null);
  useLayout.getState().enterForm(added.some(({ task }) => "call" in task) ? TO_FILL_IN : undefined);
  return true;
}

/** What of a request is looked at first; where nothing is to be filled in, it can be tried at once. */
const TO_FILL_IN = ".to-fill-in:not(.composite) :is(input, textarea)";

/** What a person chooses about a task before it is added. */
export interface Choices {
  /** Whether a body that is JSON is sent as such where curl calls it a form. */
  asJson: boolean;
  /** Whether a command's own address and credential are used where a connection has its server. */
  own: boolean;
  /** Whether the credentials of a command are kept. */
  keep: boolean;
  /** Whether requests may go to the private address of a new connection. */
  reach: boolean;
}

export const CHOICES: Choices = { asJson: false, own: false, keep: true, reach: true };

export const connectionsOf = (configuration: JsonObject) => (configuration.connections ?? {}) as JsonObject;

/** The same configuration, in which no new connection may reach a private address. */
export function withoutReach(configuration: JsonObject): JsonObject {
  const closed = Object.entries(connectionsOf(configuration) as Record<string, JsonObject>).map(
    ([name, { allow_private: _, ...settings }]): [string, Json] => [name, settings],
  );
  return closed.length ? { ...configuration, connections: Object.fromEntries(closed) } : configuration;
}
