import { briefly, type Sample, withSample } from "../testrequest/data";
import { request } from "./client";
import type {
  AddedApi,
  Answers,
  AwaitedEvent,
  Checked,
  Completion,
  ConnectionCheck,
  ConnectionForm,
  ConnectionState,
  CurlCommand,
  Definition,
  EarlierData,
  Edit,
  EditableConnection,
  Edited,
  EmittedEvent,
  Ending,
  Evaluation,
  Finding,
  Found,
  ImportedTasks,
  InputForm,
  Json,
  KeptAnswers,
  KnownApi,
  KnownProvider,
  ListedDefinition,
  Models,
  Operation,
  Outputs,
  PlannedSchedule,
  PreparedTask,
  Project,
  Readable,
  Readme,
  Recorded,
  Report,
  RunChoices,
  RunRecord,
  RunSummary,
  ScheduleSummary,
  TakenValue,
  TaskForm,
  WrittenSchedule,
} from "./types";

const file = (path: string) => path.split("/").map(encodeURIComponent).join("/");

export const getProject = () => request<Project>("GET", "/project");
export const listReadmes = (path: string | null) =>
  request<Readme[]>("GET", path === null ? "/readmes" : `/readmes?path=${encodeURIComponent(path)}`);
export const listDefinitions = () => request<ListedDefinition[]>("GET", "/definitions");
export const readDefinition = (path: string) => request<Definition>("GET", `/definitions/${file(path)}`);
export const createDefinition = (path: string) => request<Definition>("POST", "/definitions", { path });
export const saveDefinition = (path: string, text: string, base: string) =>
  request<Definition>("PUT", `/definitions/${file(path)}`, { text, base });
export const check = (path: string, text: string, signal?: AbortSignal) =>
  request<Checked>("POST", "/check", { path, text }, signal);
export const edit = (path: string, text: string, edits: Edit[]) =>
  request<Edited>("POST", "/edits", { path, text, edits });

/** An expression as it stands in a task. */
interface Expression {
  path: string;
  text: string;
  pointer: string;
  expression: string;
  sample: Sample;
}

/** The form of a task; a schema that a former form of it has is not sent again. */
export async function getTask(
  path: string,
  text: string,
  pointer: string,
  before?: TaskForm,
): Promise<TaskForm> {
  const known = before?.schema_id ?? null;
  const form = await request<Omit<TaskForm, "schema"> & { schema: TaskForm["schema"] | null }>(
    "POST",
    "/task",
    {
      path,
      text,
      pointer,
      known,
    },
  );
  const schema = form.schema ?? before?.schema;
  if (!schema) throw new Error("the server left out a schema that was not known");
  return { ...form, schema };
}
export const getInputForm = (path: string, text: string) =>
  request<InputForm>("POST", "/input-form", { path, text });
export const complete = ({ sample, ...asked }: Expression & { position: number }, signal?: AbortSignal) =>
  request<Completion[]>("POST", "/completions", { ...asked, sample: briefly(sample) }, signal);
export const evaluate = ({ sample, ...asked }: Expression, signal?: AbortSignal) =>
  request<Evaluation>("POST", "/evaluate", withSample(asked, sample), signal);
export const findAbsent = (path: string, text: string, sample: Sample) =>
  request<Finding[]>("POST", "/absent", { path, text, sample: briefly(sample) });
export const getReadable = (path: string, text: string, pointer: string, sample: Sample) =>
  request<Readable>("POST", "/readable", { path, text, pointer, sample: briefly(sample) });

const asked = encodeURIComponent;

export const searchOperations = (query: string, signal?: AbortSignal) =>
  request<Found>("GET", `/catalog/search?q=${asked(query)}&limit=30`, undefined, signal);
export const addApi = (source: string, allow_private?: string) =>
  request<AddedApi>("POST", "/catalog", { source, allow_private });
export const addDocument = (source: string, text: string) =>
  request<AddedApi>("POST", "/catalog", { source, text });
export const knownApis = (query: string) => request<KnownApi[]>("GET", `/directory?q=${asked(query)}`);
export const getOperation = (api: string, operation: string) =>
  request<Operation>("GET", `/catalog/${asked(api)}/operations/${asked(operation)}`);
export const prepareOperation = (path: string, text: string, api: string, operation: string) =>
  request<PreparedTask>("POST", "/catalog/prepare", { path, text, api, operation });
export const importCurl = (command: CurlCommand) =>
  request<ImportedTasks>("POST", "/catalog/import", command);
export const keepCredentials = (command: CurlCommand, names: string[]) =>
  request<TakenValue[]>("POST", "/secrets/pasted", { ...command, names });
export const addConnections = (configuration: Json) =>
  request<unknown>("POST", "/connections/prepared", { configuration });
export const listProviders = () => request<KnownProvider[]>("GET", "/connections/providers");
export const addConnection = (added: ConnectionForm) =>
  request<ConnectionState[]>("POST", "/connections", added);
export const getConnection = (name: string) =>
  request<EditableConnection>("GET", `/connections/${asked(name)}/form`);
export const changeConnection = (form: ConnectionForm, base: string) =>
  request<ConnectionState[]>("PUT", `/connections/${asked(form.name)}`, { form, base });
export const removeConnection = (name: string, base: string) =>
  request<ConnectionState[]>("DELETE", `/connections/${asked(name)}?base=${asked(base)}`);

/** The value of a secret; of one that only a definition names, with its text. */
export const giveValue = (name: string, value: string, definition: { path: string; text: string } | null) =>
  request<TakenValue>("PUT", `/secrets/${asked(name)}`, { value, definition });

export const checkConnection = (connection: string) =>
  request<ConnectionCheck>("POST", `/connections/${asked(connection)}/check`, {});
export const keepFixture = (path: string, text: string, task: string, { prepared, response }: Report) =>
  request<{ file: string; command: string }>("PUT", "/fixtures", { path, text, task, prepared, response });
const kept = (path: string) => `/outputs?path=${asked(path)}`;
export const readOutputs = (path: string) => request<Outputs>("GET", kept(path));
export const pinOutput = (path: string, task: string, output: Json) =>
  request<Outputs>("PUT", "/outputs", { path, task, output });
export const unpinOutput = (path: string, task: string) =>
  request<Outputs>("DELETE", `${kept(path)}&task=${asked(task)}`);

/** Of an operation whose API document is a file beside the definition. */
export const getReference = (path: string, text: string, pointer: string) =>
  request<Operation>("POST", "/task/reference", { path, text, pointer });

export const listModels = (connection: string, model?: string) =>
  request<Models>(
    "GET",
    `/connections/${asked(connection)}/models${model === undefined ? "" : `?model=${encodeURIComponent(model)}`}`,
  );

export const listSchedules = () => request<ScheduleSummary[]>("GET", "/schedules");
export const readSchedule = (path: string, text: string) =>
  request<WrittenSchedule>("POST", "/schedules/written", { path, text });
export const createSchedule = (asked: {
  path: string;
  text: string;
  zone: string;
  overlap: string | null;
  input?: Json;
  dry: boolean;
}) => request<PlannedSchedule>("POST", "/schedules", asked);
export const changeSchedule = (id: string, change: "pause" | "resume" | "trigger") =>
  request<{ run: string | null } | null>("POST", `/schedules/${asked(id)}/${change}`, {});
export const deleteSchedule = (id: string) => request<null>("DELETE", `/schedules/${asked(id)}`);

/** The latest runs, or those of a definition: `namespace/name`. */
export const listRuns = (limit = 20, definition?: string) =>
  request<RunSummary[]>("GET", `/runs?limit=${limit}${definition ? `&definition=${asked(definition)}` : ""}`);
/** What the latest run has for a definition; null where there is none. */
export const readLatest = (path: string, text: string) =>
  request<EarlierData | null>("POST", "/runs/latest", { path, text });
export const readOutput = (run: string, task: string) =>
  request<{ output: Json }>("GET", `/runs/${asked(run)}/outputs?task=${asked(task)}`);
export const getRun = (id: string) => request<RunRecord>("GET", `/runs/${asked(id)}`);
const told = (answers: Answers) => ({ simulated: answers === "kept", record: answers === "recorded" });
export const startRun = (path: string, text: string, input: Json, answers: Answers) =>
  request<{ id: string }>("POST", "/runs", { path, text, input, ...told(answers) });
export const readRecorded = (id: string) => request<Recorded | null>("GET", `/runs/${asked(id)}/recorded`);
export const readKeptAnswers = (path: string) =>
  request<KeptAnswers | null>("GET", `/fixtures?path=${asked(path)}`);
export const getRunChoices = (path: string, text: string) =>
  request<RunChoices>("POST", "/runs/choices", { path, text });
export const cancelRun = (id: string) => request<Ending>("POST", `/runs/${asked(id)}/cancel`, {});
export const terminateRun = (id: string) => request<unknown>("POST", `/runs/${asked(id)}/terminate`, {});
export const rerun = (id: string, path: string, text: string, task: string, answers: Answers) =>
  request<{ id: string }>("POST", `/runs/${asked(id)}/rerun`, { path, text, task, ...told(answers) });
export const listAwaitedEvents = (id: string) => request<AwaitedEvent[]>("GET", `/runs/${asked(id)}/awaited`);
export const emitEvent = (id: string, event: EmittedEvent) =>
  request<{ tasks: string[] }>("POST", `/runs/${asked(id)}/emit`, event);
