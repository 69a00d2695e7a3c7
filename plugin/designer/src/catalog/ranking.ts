import type { FoundOperation } from "../api/types";
import { PLAIN, type PlainTask } from "./plain";

/** What can be chosen: an operation of an API, or a plain task. */
export type Entry =
  | { operation: FoundOperation; plain?: undefined }
  | { operation?: undefined; plain: PlainTask };

/** What does most things: offered where nothing else fits. */
export const LAST_RESORT = PLAIN.filter(({ kind }) =>
  ["call.httpRequest", "call.chatCompletion"].includes(kind),
);

/** Words that tell nothing of what a task does. */
const WITHOUT_MEANING = new Set(
  "a an and are as at be by do for from how i in into is it me my of on or our should some that the then this to want we with".split(
    " ",
  ),
);
const SHORTEST_STEM = 4;
const SHORTEST_BEGINNING = 3;

const wordsOf = (text: string) => text.toLowerCase().match(/[\p{L}\d]+/gu) ?? [];

/** The one begins with the other: a word that is not typed to its end, or another form of the same. */
const areAlike = (asked: string, known: string) =>
  asked === known ||
  (asked.length >= SHORTEST_BEGINNING && known.startsWith(asked)) ||
  (known.length >= SHORTEST_STEM && asked.startsWith(known));

function asked(query: string): { telling: string[]; other: string[] } {
  const words = [...new Set(wordsOf(query))];
  const telling = words.filter((word) => !WITHOUT_MEANING.has(word));
  return telling.length
    ? { telling, other: words.filter((word) => WITHOUT_MEANING.has(word)) }
    : { telling: words, other: [] };
}

/** How many of some words a kind of task has. */
function countOf(words: string[], { about, words: others }: PlainTask): number {
  const known = wordsOf(`${about} ${others}`);
  return words.filter((word) => known.some((one) => areAlike(word, one))).length;
}

/** The kinds that have a word of what is searched: those with most of them first, and among these those called so. */
export function fittingKinds(query: string): PlainTask[] {
  const { telling, other } = asked(query);
  if (!telling.length) return query.trim() ? [] : PLAIN;
  const first = wordsOf(query)[0] ?? "";
  const rank = (one: PlainTask) => [
    countOf(telling, one),
    countOf(other, one),
    Number(wordsOf(one.about)[0]?.startsWith(first) ?? false),
  ];
  return PLAIN.map((one) => ({ one, at: rank(one) }))
    .filter(({ at: [count] }) => count)
    .sort((a, b) => a.at.map((count, index) => (b.at[index] ?? 0) - count).find(Boolean) ?? 0)
    .map(({ one }) => one);
}

/** Whether the first of these kinds has all that is searched: else another API is likelier to have it. */
export const hasAll = ([best]: PlainTask[], query: string) =>
  best !== undefined && countOf(asked(query).telling, best) === asked(query).telling.length;

/** Whether an operation was found by other words than those that were typed: `look` for `loop`. */
const isGuess = ({ found_by }: FoundOperation) =>
  Object.entries(found_by).some(([word, by]) => word !== by.toLowerCase());

/** The words by which an operation was found as they were typed. */
const hitsOf = ({ found_by }: FoundOperation) =>
  Object.entries(found_by).filter(([word, by]) => word === by.toLowerCase() && !WITHOUT_MEANING.has(word))
    .length;

/** The operation that the plain chat completion calls: one of both is offered. */
const CHAT = { operation: "openai.createChatCompletion", kind: "call.chatCompletion" };
const isChat = ({ name }: FoundOperation) => name === CHAT.operation;

/** Plain tasks come first where nothing is searched, where operations are but near to it, or have fewer of its words. */
export function entriesOf(operations: FoundOperation[], plain: PlainTask[], query: string): Entry[] {
  const { telling } = asked(query);
  const ofPlain = Math.max(0, ...plain.map((one) => countOf(telling, one)));
  const isPlainFirst =
    !query.trim() || operations.every(isGuess) || ofPlain > Math.max(...operations.map(hitsOf));
  const isTwice = operations.some(isChat) && plain.some(({ kind }) => kind === CHAT.kind);
  const ones = operations.filter((one) => !(isTwice && isPlainFirst && isChat(one)));
  const others = plain.filter(({ kind }) => !(isTwice && !isPlainFirst && kind === CHAT.kind));
  const [first, second] = [ones.map((operation) => ({ operation })), others.map((one) => ({ plain: one }))];
  return isPlainFirst ? [...second, ...first] : [...first, ...second];
}
