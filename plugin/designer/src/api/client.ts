/** What the server told of a request that it did not serve (RFC 9457). */
export class Problem extends Error {
  readonly status: number;
  readonly hint: string | undefined;
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(status: number, facts: Record<string, unknown>) {
    super(typeof facts.detail === "string" ? facts.detail : `the designer's server answered ${status}`);
    this.status = status;
    this.hint = typeof facts.hint === "string" ? facts.hint : undefined;
    this.facts = facts;
  }
}

const KEPT = "httptask-token";

/** Takes the token out of the address, so that no bookmark or screenshot holds it, and keeps it for reloads of this tab. */
export function takeToken(): void {
  const found = /(?:^#|&)token=([^&]+)/.exec(window.location.hash);
  if (found?.[1]) {
    sessionStorage.setItem(KEPT, decodeURIComponent(found[1]));
    history.replaceState(null, "", window.location.pathname + window.location.search);
  }
}

/** A body that is JSON already: what is large is written once, and sent many times. */
export class Written {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

async function ask(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(`/api${path}`, {
      method,
      headers: {
        "X-Httptask-Token": sessionStorage.getItem(KEPT) ?? "",
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: body instanceof Written ? body.text : JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem(0, {
      detail: "The designer's server does not answer.",
      hint: "Is `httptask dev` still running? Start it again and open the address that it prints.",
    });
  }
  if (!answer.ok) throw new Problem(answer.status, await problemOf(answer));
  return answer;
}

async function problemOf(answer: Response): Promise<Record<string, unknown>> {
  try {
    const facts: unknown = await answer.json();
    return typeof facts === "object" && facts !== null ? (facts as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Asks the server; the answer's shape is the contract's, which the server's own models hold. */
export async function request<T>(
  method: string,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<T> {
  const answer = await ask(method, path, body, signal);
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

/** One event of a stream. */
export interface StreamEvent {
  event: string;
  data: unknown;
}

/** Reads an event stream with the token's header, which EventSource can't send. */
export async function* stream(
  method: string,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): AsyncGenerator<StreamEvent> {
  const answer = await ask(method, path, body, signal);
  if (!answer.body) return;
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  const take = eventTaker();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield* take(value);
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}

const BETWEEN = /\r?\n\r?\n/;

/** Takes text as it comes and gives the events that are whole: each sign is looked at once, however long an event is. */
export function eventTaker(): (text: string) => StreamEvent[] {
  let held: string[] = [];
  let tail = ""; // of what is held: what is between two events may come in pieces
  return (text) => {
    held.push(text);
    const isWhole = BETWEEN.test(tail + text);
    tail = (tail + text).slice(-3);
    if (!isWhole) return [];
    const parts = held.join("").split(BETWEEN);
    const rest = parts.pop() ?? "";
    held = [rest];
    tail = rest.slice(-3);
    return parts.map(eventOf).filter((event) => event !== undefined);
  };
}

function eventOf(part: string): StreamEvent | undefined {
  let event = "message";
  const data: string[] = [];
  for (const line of part.split(/\r?\n/)) {
    if (line.startsWith("event:")) event = line.slice(6).trim();
    else if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
  }
  return data.length ? { event, data: JSON.parse(data.join("\n")) } : undefined;
}
