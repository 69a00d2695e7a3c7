const paths: Record<string, string> = {
  http: "M2.5 8h11M8 2.5c2 1.6 2.9 3.4 2.9 5.5S10 11.9 8 13.500C6 11.9 5.1 10.1 5.1 8S6 4.1 8 2.500ZM8 2.500a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11Z",
  chat: "M3 3.500h10a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1H7.500L4.5 14v-2.500H3a1 1 0 0 1-1-1v-6a1 1 0 0 1 1-1ZM5 6.500h6M5 8.800h4",
  set: "M3 5h10M3 11h10M6 3v4M10 9v4",
  switch: "M3 8h3.500L11 4h2.500M6.5 8 11 12h2.500M11.5 2l2 2-2 2M11.5 10l2 2-2 2",
  loop: "M12.5 6A5 5 0 0 0 3.5 6M3.5 10a5 5 0 0 0 9 0M12.5 2.500V6H9M3.5 13.500V10H7",
  fork: "M8 2v4M8 6c0 3-4.5 2-4.5 6v2M8 6c0 3 4.5 2 4.5 6v2M8 6v8",
  try: "M8 2 3 4v4c0 3 2.2 5 5 6 2.8-1 5-3 5-6V4L8 2ZM6 8l1.5 1.500L10.5 6.5",
  listen: "M2.5 9.500h3l1 2h3l1-2h3M2.5 9.5 4.5 3.500h7l2 6v4h-11v-4Z",
  emit: "M2.5 8h9M8 4l4 4-4 4",
  raise: "M8 2.5 14 13H2L8 2.500ZM8 6.500v3M8 11.200v.3",
  wait: "M8 2.500a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11ZM8 5v3.200l2 1.3",
  run: "M5 3.500v9l7.5-4.500L5 3.500Z",
  do: "M3 4h10M3 8h10M3 12h10",
  plus: "M8 3v10M3 8h10",
  undo: "M6 4 3 7l3 3M3 7h6.500a3.5 3.5 0 0 1 0 7H7",
  redo: "m10 4 3 3-3 3M13 7H6.500a3.5 3.5 0 0 0 0 7H9",
  close: "m4 4 8 8M12 4l-8 8",
  search: "M7 2.500a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9ZM10.5 10.500l3 3",
  sun: "M8 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6ZM8 1.500v1.500M8 13v1.500M1.5 8H3M13 8h1.500M3.5 3.500l1 1M11.5 11.500l1 1M3.5 12.500l1-1M11.5 4.500l1-1",
  moon: "M13 9.800A5.5 5.5 0 1 1 6.200 3a4.500 4.500 0 0 0 6.800 6.800Z",
  trash: "M3 4.500h10M6.5 4.500V3h3v1.500M4.5 4.500l.5 8.500h6l.5-8.5",
  up: "M8 13V3M4 7l4-4 4 4",
  down: "M8 3v10M4 9l4 4 4-4",
  keys: "M2 4.500h12a.5.5 0 0 1 .5.5v6a.5.5 0 0 1-.5.5H2a.5.5 0 0 1-.5-.5V5a.5.5 0 0 1 .5-.5ZM4 7h.5M6.500 7H7M9 7h.5M11.500 7h.5M5 9.500h6",
  send: "M2.5 8 13.5 3 10 13.5 7.5 9 2.5 8Z",
};

const kinds: [RegExp, string][] = [
  [/chatCompletion/, "chat"],
  [/map|paginate|batch|^for$/, "loop"],
  [/^call|http|openapi/, "http"],
  [/^(set|switch|fork|try|listen|emit|raise|wait|run|do)\b/, ""],
];

/** The picture of a kind of task. */
export function iconOf(kind: string): string {
  for (const [pattern, name] of kinds) if (pattern.test(kind)) return name || (kind.split(/\W/)[0] ?? "do");
  return "do";
}

export function Icon({ name, size = 16 }: { name: string; size?: number }) {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true">
      <path d={paths[name] ?? paths.do} />
    </svg>
  );
}
