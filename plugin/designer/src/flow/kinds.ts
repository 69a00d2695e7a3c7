const words: Record<string, string> = {
  "call.http": "HTTP",
  "call.httpRequest": "HTTP",
  "call.chatCompletion": "Chat completion",
  "call.openapi": "OpenAPI",
  "call.paginate": "Pages",
  "call.map": "Map",
  "call.batch": "Batch",
};

/** A kind of task as a person calls it. */
export function kindName(kind: string): string {
  const known = words[kind];
  if (known) return known;
  const last = kind.split(".").at(-1) ?? kind;
  return last.charAt(0).toUpperCase() + last.slice(1);
}

/** Whether a task sends a request, which can be tried. */
export const isCall = (kind: string) => /^call\b|http|chat/i.test(kind);

/** The label of a list of tasks inside a task: none where there is but one. */
export function branchName(label: string, only: boolean): string | null {
  if (label === "do" || label === "for/do") return only ? null : "do";
  return label;
}

/** Whether a list of tasks is a branch of a fork: one task, whose name is that of the branch. */
export const isOfFork = (label: string) => label.startsWith("branches/");
