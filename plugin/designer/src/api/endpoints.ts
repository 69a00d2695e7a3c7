import { request } from "./client";
import type {
  Checked,
  Completion,
  Definition,
  Edit,
  Edited,
  FoundOperation,
  Json,
  KnownApi,
  ListedApi,
  ListedDefinition,
  Operation,
  PreparedTask,
  Project,
  Report,
  RunListed,
  TaskForm,
} from "./types";

const file = (path: string) => path.split("/").map(encodeURIComponent).join("/");

export const getProject = () => request<Project>("GET", "/project");
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
  sample: { input?: Json; outputs: Record<string, Json>; variables: Record<string, Json> };
}

export const getTask = (path: string, text: string, pointer: string) =>
  request<TaskForm>("POST", "/task", { path, text, pointer });
export const complete = (asked: Expression & { position: number }) =>
  request<Completion[]>("POST", "/completions", asked);
export const evaluate = (asked: Expression) =>
  request<{ value?: Json; error?: string }>("POST", "/evaluate", asked);

const asked = encodeURIComponent;

export const searchOperations = (query: string, signal?: AbortSignal) =>
  request<FoundOperation[]>("GET", `/catalog/search?q=${asked(query)}&limit=30`, undefined, signal);
export const listApis = () => request<ListedApi[]>("GET", "/catalog");
export const addApi = (source: string) => request<ListedApi>("POST", "/catalog", { source });
export const knownApis = (query: string) => request<KnownApi[]>("GET", `/directory?q=${asked(query)}`);
export const getOperation = (api: string, operation: string) =>
  request<Operation>("GET", `/catalog/${asked(api)}/operations/${asked(operation)}`);
export const prepareOperation = (path: string, text: string, api: string, operation: string) =>
  request<PreparedTask>("POST", "/catalog/prepare", { path, text, api, operation });
export const importCurl = (path: string, text: string, curl: string) =>
  request<PreparedTask>("POST", "/catalog/import", { path, text, curl });
export const writeConfiguration = (tables: Json) => request<Project>("POST", "/configuration", { tables });
export const keepFixture = (path: string, pointer: string, report: Report) =>
  request<{ file: string }>("PUT", "/fixtures", { path, pointer, report });

export const listRuns = () => request<RunListed[]>("GET", "/runs");
export const startRun = (path: string, text: string, input: Json) =>
  request<{ id: string }>("POST", "/runs", { path, text, input });
export const cancelRun = (id: string) => request<unknown>("POST", `/runs/${asked(id)}/cancel`, {});
export const rerun = (id: string, path: string, text: string, from: string) =>
  request<{ id: string }>("POST", `/runs/${asked(id)}/rerun`, { path, text, from });
export const emitEvent = (id: string, type: string, data: Json) =>
  request<unknown>("POST", `/runs/${asked(id)}/emit`, { type, data });
