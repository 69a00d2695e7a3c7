/** The shapes of the server's answers; its OpenAPI document at /api/openapi.json is the truth. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export interface ConnectionState {
  name: string;
  provider: string | null;
  base_url: string | null;
  ready: boolean;
  missing: string[];
  fix: string | null;
}

export interface Project {
  folder: string;
  version: string;
  connections: ConnectionState[];
  worker: { state: "ready" | "none" | "unreachable"; where: string | null; hint: string | null };
  task_queue: string | null;
  namespace: string | null;
}

export interface ListedDefinition {
  path: string;
  name: string | null;
  title: string | null;
  faults: number;
  sha256: string;
}

export interface Finding {
  code: string;
  severity: "error" | "warning" | "info";
  message: string;
  hint: string | null;
  pointer: string;
  line: number;
  column: number;
  start: number;
  end: number;
}

export interface Branch {
  label: string;
  pointer: string;
  blocks: Block[];
}

export interface Block {
  pointer: string;
  name: string;
  kind: string;
  summary: string;
  condition: string | null;
  then: string | null;
  connections: string[];
  start: number;
  end: number;
  cases: { name: string; when: string | null; then: string }[];
  branches: Branch[];
}

export interface Checked {
  /** JSON Schema of a run's input; none where the definition tells none. */
  input_schema?: object | null;
  blocks: Block[];
  findings: Finding[];
  runnable: boolean;
}

export interface Definition extends Checked {
  path: string;
  text: string;
  sha256: string;
}

export type Edit =
  | { op: "set"; pointer: string; value: Json }
  | { op: "remove"; pointer: string }
  | { op: "insert"; list: string; index: number; name: string; task: Json }
  | { op: "move"; pointer: string; list: string; index: number }
  | { op: "rename"; pointer: string; name: string }
  | { op: "declare"; secrets: string[] };

export interface Edited extends Checked {
  text: string;
  changes: { from: number; to: number; insert: string }[];
}

export interface Completion {
  label: string;
  detail: string | null;
  apply: string;
  /** What is replaced; by default nothing, at the cursor. */
  from?: number;
  to?: number;
}

export interface TaskForm {
  task: Json;
  operation?: { api: string; operation: string } | null;
  /** Of what stands below `with`, or below the word of another kind of task; none where a task has no form. */
  schema: object | null;
  /** Where the values stand. */
  pointer: string;
  values: Json;
  reads?: Json;
}

export interface FoundOperation {
  api: string;
  operation: string;
  title: string;
  method: string;
  path: string;
  summary: string;
  deprecated: boolean;
}

export interface Operation extends FoundOperation {
  description: string;
  parameters: {
    name: string;
    in: string;
    required: boolean;
    description: string | null;
    schema: object | null;
  }[];
  body: object | null;
  answers: { status: string; description: string | null; schema: object | null }[];
}

/** A task that sends a request, and what it needs beside it. */
export interface PreparedTask {
  name: string;
  task: JsonObject;
  connection: string | null;
  notes: string[];
  fill_in: string[];
  secrets: { name: string; what: string }[];
  declared_secrets: string[];
  /** Tables that httptask.toml needs. */
  configuration: JsonObject;
}

export interface ListedApi {
  api: string;
  title: string;
  operations: number;
}

export interface KnownApi {
  name: string;
  title: string;
  description: string;
}

export interface Hop {
  method: string;
  uri: string;
  for_token?: boolean;
  status?: number | null;
  error?: string | null;
  started: number;
  dns?: number | null;
  connect?: number | null;
  tls?: number | null;
  first_byte?: number | null;
  total: number;
}

/** Told first in the words of who wrote the definition. */
interface Part {
  happened: string;
  run_would?: string | null;
  change?: string | null;
}

export interface Drift {
  pointer: string;
  message: string;
  hint?: string | null;
}

export interface PreparedPart extends Part {
  method: string;
  uri: string;
  headers: Record<string, string>;
  body?: Json;
  curl: string;
  connection?: string | null;
  operation?: string | null;
  warnings?: Drift[];
  error?: JsonObject | null;
  estimate?: { prompt_tokens: number; completion_tokens?: number | null; cost?: number | null } | null;
}

export interface WirePart extends Part {
  hops?: Hop[];
  simulated?: boolean;
}

export interface ResponsePart extends Part {
  status: number;
  headers?: Record<string, string>;
  content?: Json;
  drift?: Drift[];
}

export interface OutcomePart extends Part {
  downstream?: Json;
  next_task?: string | null;
  error?: JsonObject | null;
  attempt: number;
  attempts: number;
  would_retry?: boolean;
  retry_after?: number | null;
  next_delay?: number | null;
  caught_by?: string | null;
  usage?: JsonObject | null;
  cost?: number | null;
}

export interface Report {
  prepared: PreparedPart;
  wire?: WirePart | null;
  response?: ResponsePart | null;
  outcome?: OutcomePart | null;
}

export interface TaskExecution {
  id: string;
  name: string;
  pointer: string;
  kind: string;
  state: "pending" | "running" | "waiting" | "paused" | "completed" | "faulted" | "cancelled" | "skipped";
  summary?: string | null;
  started_at: string;
  ended_at?: string | null;
  detail?: string | null;
  caught?: string | null;
  child_run?: string | null;
  simulated?: boolean;
  attempt?: number;
  max_attempts?: number | null;
  next_attempt_at?: string | null;
  last_failure?: string | null;
  retry_after?: number | null;
}

export interface RunListed {
  id: string;
  path?: string | null;
  workflow: string;
  state: string;
  started_at: string;
  ended_at?: string | null;
}

export interface RunView extends RunListed {
  status?: {
    tasks?: TaskExecution[];
    omitted?: number;
    spent?: { calls?: number; tokens?: number; cost_usd?: number };
    simulated?: boolean;
  } | null;
  result?: Json;
  error?: JsonObject | null;
}
