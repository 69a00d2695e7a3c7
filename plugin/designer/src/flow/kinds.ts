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

/** The label of a list of tasks inside a task: none where there is but one. */
export function branchName(label: string, only: boolean): string | null {
  if (label === "do" || label === "for/do") return only ? null : "do";
  const branch = /^(?:fork\/)?branches\/(\d+)/.exec(label);
  return branch ? `branch ${Number(branch[1]) + 1}` : label;
}
