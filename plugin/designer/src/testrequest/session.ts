import { create } from "zustand";
import { Problem, request, stream } from "../api/client";
import type { Block, JsonObject, PreparedPart, Report, SecretState } from "../api/types";
import { blockAt } from "../state/blocks";
import { problemOf, useDocument } from "../state/document";
import { keepOutput, sampleOf, useData, withSample } from "./data";

export interface Session {
  phase: "idle" | "sending" | "done";
  id: string | null;
  prepared: PreparedPart | null;
  /** Text of a model as it comes in. */
  text: string;
  report: Report | null;
  /** Names of values that the request reads and nobody has given yet. */
  missing: string[];
  cancelled: boolean;
  /** What the request may change as it stands in the text now: who sends it has read that. */
  changes: string | null;
  /** The same of one that was held back, as nobody could have read it. */
  confirm: string | null;
  /** What has to be set up before it can be sent. */
  setup: { detail: string; secrets: SecretState[] } | null;
  problem: Problem | null;
  /** Why the request can't be prepared of the text as it is now. */
  unprepared: Problem | null;
  /** Whether that is so for want of a value alone. */
  wanting: boolean;
  /** The task's own text as it was sent. */
  sent: string | null;
  began: number;
  took: number;
}

interface Actions {
  /** Has the request prepared as text and data are now, and sends nothing. */
  look(pointer: string): Promise<void>;
  send(pointer: string, name: string, confirmed?: boolean): Promise<void>;
  cancel(): Promise<void>;
  clear(): void;
}

const blank: Session = {
  phase: "idle",
  id: null,
  prepared: null,
  text: "",
  report: null,
  missing: [],
  cancelled: false,
  changes: null,
  confirm: null,
  setup: null,
  problem: null,
  unprepared: null,
  wanting: false,
  sent: null,
  began: 0,
  took: 0,
};

/** The secrets that a refusal is for want of. */
export const secretsOf = (facts: Readonly<Record<string, unknown>>) =>
  Array.isArray(facts.secrets) ? (facts.secrets as SecretState[]) : [];

let going: AbortController | undefined;
let looking: AbortController | undefined;

/** What one event of the stream changes. */
export function reduced(session: Session, event: string, data: unknown): Partial<Session> {
  const facts = (typeof data === "object" && data !== null ? data : {}) as JsonObject;
  switch (event) {
    case "planned":
      return {
        prepared: (facts.prepared as unknown as PreparedPart | undefined) ?? session.prepared,
        changes: typeof facts.confirm === "string" ? facts.confirm : null,
      };
    case "missing":
      return { missing: Array.isArray(facts.names) ? facts.names.map(String) : [] };
    case "confirm":
      return { confirm: String(facts.detail) };
    case "setup":
      return {
        setup: { detail: String(facts.detail), secrets: secretsOf(facts) },
      };
    case "text":
      return {
        text: (facts.begins ? "" : session.text) + (typeof facts.text === "string" ? facts.text : ""),
      };
    case "report": {
      const report = facts.report as unknown as Report;
      return { report, prepared: report.prepared };
    }
    case "cancelled":
      return {
        cancelled: true,
        problem: new Problem(0, { detail: "The test request was cancelled." }),
      };
    case "failed":
      return { problem: new Problem(typeof facts.status === "number" ? facts.status : 0, facts) };
    default:
      return {};
  }
}

/** The text of a task. */
export const textOf = (text: string, block: Block | undefined) =>
  block ? text.slice(block.start, block.end) : null;

/** Whether an answer is of another request than the one that would be sent now. */
export function isOutdated({ report, prepared, sent }: Session, text: string | null): boolean {
  if (!report) return false;
  return (
    (sent !== null && text !== sent) || (prepared !== null && sentBy(prepared) !== sentBy(report.prepared))
  );
}

/** What goes out, without the key that each request has of its own. */
function sentBy({ method, uri, headers, body }: PreparedPart): string {
  const { "Idempotency-Key": _own, ...others } = headers;
  return JSON.stringify([method, uri, others, body ?? null]);
}

/** The test request that is shown. */
export const useSession = create<Session & Actions>()((set, get) => ({
  ...blank,
  async look(pointer) {
    const { path, text } = useDocument.getState();
    looking?.abort();
    looking = new AbortController();
    const { signal } = looking;
    let seen: Partial<Session> = { changes: null, setup: null, unprepared: null, wanting: false };
    const body = withSample({ path, text, task: pointer, dry: true }, sampleOf(path));
    try {
      for await (const { event, data } of stream("POST", "/test-requests", body, signal)) {
        const { problem, missing, ...more } = reduced(get(), event, data);
        const wanting = missing && new Problem(0, { detail: `it needs a value for ${missing.join(", ")}` });
        const unprepared = problem ?? wanting;
        seen = { ...seen, ...more, ...(unprepared ? { unprepared, wanting: Boolean(wanting) } : {}) };
      }
    } catch (error) {
      seen = { ...seen, unprepared: problemOf(error) };
    }
    if (!signal.aborted && get().phase !== "sending") set(seen);
  },
  async send(pointer, name, confirmed = get().changes !== null) {
    await useDocument.getState().settled(); // what is tried is what the form shows
    const { path, text, blocks } = useDocument.getState();
    if (path === null) return;
    looking?.abort();
    going?.abort();
    going = new AbortController();
    const { signal } = going;
    const sent = textOf(text, blockAt(blocks, pointer));
    set({ ...blank, changes: get().changes, phase: "sending", sent, began: performance.now() });
    const id = crypto.randomUUID();
    set({ id });
    const body = withSample({ path, text, task: pointer, confirmed, id }, sampleOf(path));
    try {
      for await (const { event, data } of stream("POST", "/test-requests", body, signal))
        set(reduced(get(), event, data));
    } catch (error) {
      if (!signal.aborted) set({ problem: problemOf(error) });
    }
    if (signal.aborted) return;
    const { report, began } = get();
    const { downstream, context, error } = report?.outcome ?? {};
    if (downstream !== undefined && !error)
      keepOutput(path, name, downstream, report?.wire?.simulated === true);
    if (context !== undefined && context !== null && !error)
      useData.getState().keep(path, (sample) => ({ ...sample, context }));
    set({ phase: "done", took: performance.now() - began });
  },
  async cancel() {
    const { id } = get();
    if (id) await request("DELETE", `/test-requests/${encodeURIComponent(id)}`).catch(() => undefined);
  },
  clear() {
    going?.abort();
    looking?.abort();
    set(blank);
  },
}));
