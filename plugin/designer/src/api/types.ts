/** The shapes of the server's answers; its OpenAPI document at /api/openapi.json is the truth. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** A secret by its name: its value never comes here. */
export interface SecretState {
  name: string;
  has_value: boolean;
  /** Where its value comes from, in words, or that it has none. */
  told: string;
  /** Why it can't be given one from here. */
  why_not: string | null;
}

/** What became of a value that was given. */
export interface TakenValue {
  secret: SecretState;
  /** The `.env` that has it now. */
  file: string;
  /** What else to do, so that it stays a secret. */
  warning: string | null;
}

export interface ConnectionState {
  name: string;
  provider: string | null;
  base_url: string | null;
  /** Whether httptask.toml has it; else it is there without. */
  is_written: boolean;
  ready: boolean;
  missing: string[];
  fix: string | null;
  /** Where its base URL comes from, in words. */
  origin: string;
  secrets: SecretState[];
}

/** A server of chat completions that is known by its name. */
export interface KnownProvider {
  name: string;
  title: string;
  /** None where every customer has another, as in `example`. */
  base_url: string | null;
  example: string | null;
  secret: string | null;
}

/** A server as a person describes it: of what it authenticates by the name, never the value. */
export interface ConnectionForm {
  name: string;
  provider: string | null;
  /** Empty for that of the provider. */
  base_url: string;
  /** `kept`: as httptask.toml has it, in a way that the form does not know. */
  authentication: "none" | "bearer" | "header" | "provider" | "kept";
  /** That a key is sent in. */
  header: string;
  /** Its name. */
  secret: string;
  /** `[redacted]` for a value that is kept and not told. */
  headers: Record<string, string>;
  allow_private: boolean;
}

export interface EditableConnection {
  form: ConnectionForm;
  /** Whether httptask.toml has it. */
  is_written: boolean;
  base: string;
}

/** What is wrong with one value of a form, as a problem's `faults` tell. */
export interface FieldFault {
  field: string;
  message: string;
  hint: string;
}

/** What a definition tells of the input of its runs. */
export interface InputForm {
  schema: object | null;
}

/** What is wrong with the input of a run, and where. */
export interface InputFault {
  pointer: string;
  message: string;
}

export interface ConnectionCheck {
  ok: boolean;
  /** The path that was asked for. */
  asked: string;
  steps: { step: string; ok: boolean; told: string; cure: string | null }[];
}

/** Names of models that a connection may be asked for. */
export interface Models {
  models: string[];
  /** Whether its server has told them; else they are those whose prices are published. */
  of_server: boolean;
  reason: string | null;
  hint: string | null;
  /** Whether the server has told its models, and not the one that was asked about. */
  is_unlisted: boolean;
  /** The one that is likely meant by it. */
  meant: string | null;
}

export interface Project {
  folder: string;
  /** Where httptask.toml is, or would be written. */
  configuration: string;
  /** Where a `.env` counts. */
  dotenv: string;
  /** When it was changed. */
  dotenv_changed: string | null;
  /** Why values of secrets are not taken from this page. */
  why_no_values: string | null;
  version: string;
  connections: ConnectionState[];
  worker: { state: "ready" | "none" | "unreachable"; where: string | null; hint: string | null };
  task_queue: string | null;
  namespace: string | null;
}

/** What a folder says of itself, in Markdown. */
export interface Readme {
  path: string;
  text: string;
}

export interface ListedDefinition {
  path: string;
  /** `namespace/name`, by which runs call it. */
  definition?: string | null;
  name: string | null;
  title: string | null;
  summary?: string | null;
  faults: number;
  /** Those that it uses, with the names of the tasks that do. */
  connections: Record<string, string[]>;
  sha256: string;
}

export interface Finding {
  /** The pointers by which blocks and forms know it: of a part of `use`, those of the tasks that call or name it. */
  places: string[];
  code: string;
  severity: "error" | "warning" | "info";
  message: string;
  hint: string | null;
  pointer: string;
  line: number;
  column: number;
  start: number;
  end: number;
  /** What puts it right, where one name was meant by another. */
  fix?: Fix | null;
}

/** A word of the text that should be another one. */
export interface Fix {
  start: number;
  end: number;
  word: string;
  text: string;
}

export interface Branch {
  label: string;
  pointer: string;
  /** Whether a run can go on from a task in it; else it goes on from the task around. */
  entered: boolean;
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
  /** `namespace/name`, by which runs call it. */
  definition: string | null;
  blocks: Block[];
  findings: Finding[];
  /** Pointers of values that were made up when their task was added, and are what they were. */
  to_fill_in: string[];
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
  | { op: "rename" | "rename_key"; pointer: string; name: string }
  | { op: "rename_variable"; pointer: string; name: string | null }
  | { op: "secrets"; names: string[] };

export interface Edited extends Checked {
  text: string;
  changes: { from: number; to: number; insert: string }[];
}

export interface Completion {
  label: string;
  detail: string | null;
  apply: string;
  /** Where what is replaced begins; it ends at the cursor. */
  from: number;
  value?: Json;
}

export interface Evaluation {
  value?: Json;
  /** How a value begins that is too long to be sent. */
  begins?: string | null;
  /** Fields that it reads, and that neither the data nor a schema has. */
  absent?: { message: string; hint?: string | null }[];
  /** Fields that it reads, and that a schema has and the data, which may be older, don't. */
  unsampled?: { name: string; of: string }[];
  /** Whether it reads of an answer that is made up. */
  simulated?: boolean;
  error?: {
    message: string;
    hint?: string | null | undefined;
    missing?: Record<string, string[]> | null;
  } | null;
}

export interface TaskForm {
  task: Json;
  /** Of the catalogue, `API.OPERATION`. */
  operation: string | null;
  /** The file that tells the operation, where it is none of the catalogue. */
  document: string | null;
  /** Of the API document that would tell more, and is not in the catalogue. */
  unknown_document: string | null;
  /** Names of the variables that it binds for the tasks in it, by the pointers of their fields. */
  variables: Record<string, string>;
  /** JSON Schema of the data of an event that it waits for, as far as something is known of that. */
  event_schema: object | null;
  /** What the definition has under `use`, by its key. */
  names: Record<string, string[]>;
  /** Of the keys of its kind, of those of every task, and the definitions that both refer to. */
  schema: { own: object; shared: object; $defs: object };
  schema_id: string;
}

export interface FoundOperation {
  /** `API.OPERATION` */
  name: string;
  method: string;
  path: string;
  summary: string;
  deprecated: boolean;
  /** Words that were asked for, each with the one that the operation has. */
  found_by: Record<string, string>;
}

export interface KnownApi {
  name: string;
  title: string;
  purpose: string;
}

export interface Found {
  operations: FoundOperation[];
  /** Known APIs that may have it, and were not added. */
  apis: KnownApi[];
}

interface Content {
  media_type: string;
  schema: object;
}

/** What an API's document tells of an operation; schemas refer to `definitions` as `#/$defs/NAME`. */
export interface Operation {
  api: string;
  name: string;
  method: string;
  path: string;
  summary: string;
  description: string;
  deprecated: boolean;
  parameters: {
    name: string;
    location: string;
    required: boolean;
    deprecated: boolean;
    description: string;
    schema: object;
  }[];
  body: { required: boolean; description: string; contents: Content[] } | null;
  responses: { status: string; description: string; contents: Content[] }[];
  definitions: Record<string, object>;
}

export interface NeededSecret {
  name: string;
  what: string;
  /** Of a pasted command: whether its value is kept, there already, another one, or none. */
  state?: "kept" | "there" | "another" | "missing";
  /** The name that it would have, but for another secret of the project. */
  instead_of?: string | null;
}

/** A task that sends a request, and what it needs beside it. */
export interface PreparedTask {
  name: string;
  task: JsonObject;
  connection: string | null;
  /** What httptask.toml needs for it. */
  configuration: JsonObject;
  secrets: NeededSecret[];
  declared_secrets: string[];
  fill_in: string[];
  problems: string[];
  notes: string[];
  /** Whether its body is JSON, and a form only because the curl command does not say what it is. */
  json_as_form?: boolean;
  isPasted?: boolean;
  /** Of a command with several requests: the tasks that come behind it. */
  others?: { name: string; task: JsonObject }[];
  /** Of a command, the connections that its tasks go by. */
  connections?: ImportedTasks["connections"];
}

/** A curl command, and what is chosen about it. */
export interface CurlCommand {
  curl: string;
  path: string;
  text: string;
  as_json: boolean;
  own: boolean;
  keep: boolean;
}

export interface ImportedTasks {
  tasks: { name: string; task: JsonObject }[];
  /** Names of the connections that tasks go by, by the names of those. */
  connections: Record<string, string>;
  configuration: JsonObject;
  secrets: NeededSecret[];
  declared_secrets: string[];
  notes: string[];
  left_out: { place: string; message: string; hint: string | null }[];
  json_as_form: string[];
}

export interface AddedApi {
  api: string;
  title: string;
  operations: number;
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

/** A value that expressions of a task can read. */
export interface ReadableValue {
  expression: string;
  source: "input" | "variable" | "task" | "context";
  /** Of the task or the loop variable. */
  name: string;
  /** The loop that a variable is of, and its value in the sample. */
  owner: string | null;
  value: Json;
  told: string;
  is_read: boolean;
  /** What its schema declares. */
  fields: { name: string; type: string }[];
}

/** A value that a request reads and that nobody has given. */
export interface AskedValue {
  name: string;
  /** Where it is in the workflow's input; null where it is not of it. */
  path: (string | number)[] | null;
  /** The task whose own it is: the loop of a variable, or the task of its own input. */
  owner: string | null;
  type: string;
}

export interface Readable {
  values: ReadableValue[];
  asked: AskedValue[];
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
  /** In bytes, as the body came; of an answer that is an error only its beginning is there. */
  size?: number;
  headers?: Record<string, string>;
  content?: Json;
  drift?: Drift[];
}

export interface OutcomePart extends Part {
  downstream?: Json;
  context?: Json;
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

/** Outputs of tasks that are kept beside a definition, by name. */
export interface Outputs {
  file: string;
  outputs: Record<string, Json>;
  /** What a run can be given, of a file beside the definition. */
  input: Json;
}

/** What the latest run of a definition has for it as it is now. */
export interface EarlierData {
  run: string;
  started_at: string;
  state: string;
  /** The latest run of the definition that still goes on, be it this one or another. */
  going: string | null;
  input?: Json;
  has_input: boolean;
  outputs: Record<string, Json>;
  /** Bytes of outputs that are too large to be given at once. */
  large: Record<string, number>;
  simulated: string[];
}

export interface ScheduleSummary {
  id: string;
  definition: string;
  when: string;
  paused: boolean;
  input?: Json;
  zone: string;
  next: string[];
  last: { id: string; state: string | null; started_at: string } | null;
}

/** A duration of a `schedule`; without seconds where what is written is none that Temporal can keep. */
export interface WrittenInterval {
  written: string;
  seconds: number | null;
}

/** The `schedule` of a definition, as far as it is written. */
export interface WrittenSchedule {
  is_there: boolean;
  cron: string | null;
  every: WrittenInterval | null;
  after: WrittenInterval | null;
}

/** What a schedule does, before it is created. */
export interface PlannedSchedule {
  id: string;
  definition: string;
  when: string;
  next: string[];
  policies: string[];
  /** What becomes of a start while a run goes on. */
  overlap: string;
  created: boolean;
  note: string | null;
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
  /** Of a `switch` that has decided, the name of the case that held; empty where none did. */
  case?: string | null;
  child_run?: string | null;
  simulated?: boolean;
  attempt?: number;
  max_attempts?: number | null;
  next_attempt_at?: string | null;
  last_failure?: string | null;
  retry_after?: number | null;
}

export interface CallRecord {
  id: string;
  activity: string;
  summary?: string | null;
  attempts: number;
  request?: Json;
  response?: Json;
  failure?: Failure | null;
  earlier_failure?: Failure | null;
  scheduled_at: string;
  attempt_began_at?: string | null;
  tokens?: number | null;
  cost_usd?: number | null;
}

export interface Failure {
  type?: string | null;
  message: string;
  details?: Json;
}

export interface TaskRecord extends TaskExecution {
  /** The variables of the loops around it, cut to a few characters. */
  loops?: Record<string, string>;
  output?: Json;
  calls?: CallRecord[];
}

export interface Spent {
  calls?: number;
  tokens?: number;
  cost_usd?: number;
}

export interface RunStatus {
  state: string;
  definition: string;
  /** When the run began, as its history will tell it. */
  started_at: string;
  omitted?: number;
  spent?: Spent;
  simulated?: boolean;
  impasse?: { attempt: number; last_failure?: string | null } | null;
  rerun_of?: RerunOf | null;
}

/** What of a run is not as it was told before: of its tasks those that are new, or have changed, and the ids of those that are gone. */
export interface RunChanges extends Omit<RunStatus, "definition" | "started_at" | "rerun_of"> {
  tasks: TaskRecord[];
  gone: string[];
}

/** The run whose outputs another one goes on from, and the tasks that it took them of. */
export interface RerunOf {
  run: string;
  reused: string[];
}

/** What a task of a run waits for, as far as that is told by itself. */
export interface AwaitedEvent {
  task: string;
  type: string | null;
  source: string | null;
  subject: string | null;
}

export interface EmittedEvent {
  type: string;
  source?: string | null;
  subject?: string | null;
  /** The execution that is to take it. */
  task: string;
  data: Json;
}

export interface RunSummary {
  id: string;
  definition: string;
  state: string;
  started_at: string;
  ended_at?: string | null;
  spent?: Spent | null;
  simulated?: boolean;
  rerun_of?: RerunOf | null;
}

/** What came of asking a run to end; the reason is why it goes on. */
export interface Ending {
  state: string;
  reason: string | null;
}

/** Where the answers of a run could come from. */
export interface RunChoices {
  /** What its servers can't be asked for want of. */
  setup: string | null;
  /** Those that have no value. */
  secrets: SecretState[];
  kept: KeptAnswers;
}

/** For which requests of a definition answers are kept beside it: names of their tasks. */
export interface KeptAnswers {
  folder: string;
  kept: string[];
  lacking: string[];
  faults: string[];
}

/** Where the answers of a run come from: its servers, also to be kept, or what is kept of them. */
export type Answers = "servers" | "recorded" | "kept";

/** What is kept of the answers of a run. */
export interface Recorded {
  folder: string;
  answers: number;
  files: string[];
  failure: string | null;
}

/** A run that has ended, or as far as it is known, with what its tasks sent and got. */
export interface RunRecord extends RunSummary {
  tasks: TaskRecord[];
  input?: Json;
  output?: Json;
  failure?: Failure | null;
}
