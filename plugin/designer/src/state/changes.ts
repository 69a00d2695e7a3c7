/** A range of a text, and what stands in its place. */
export interface Changed {
  from: number;
  to: number;
  insert: string;
}

/** The smallest single range in which two texts differ, so that an editor keeps its place. */
export function difference(before: string, after: string): Changed | null {
  if (before === after) return null;
  const shorter = Math.min(before.length, after.length);
  let from = 0;
  while (from < shorter && before.charCodeAt(from) === after.charCodeAt(from)) from++;
  let end = 0;
  while (
    end < shorter - from &&
    before.charCodeAt(before.length - 1 - end) === after.charCodeAt(after.length - 1 - end)
  )
    end++;
  return { from, to: before.length - end, insert: after.slice(from, after.length - end) };
}

const ONE_STEP = 5_000;

/** What was typed at once: one step back as long as it goes on where it was. */
export interface Typing {
  from: number;
  /** Where it ends in the text that it made. */
  end: number;
  /** Whether a line begins or goes with it. */
  breaks: boolean;
  /** Whether it is lines that came as a whole. */
  isWhole: boolean;
  at: number;
}

export function typed(before: string, after: string): Typing {
  const { from, to, insert } = difference(before, after) ?? { from: 0, to: 0, insert: "" };
  const breaks = (before.slice(from, to) + insert).includes("\n");
  return { from, end: from + insert.length, breaks, isWhole: /\n[^\n]*\S/.test(insert), at: Date.now() };
}

/** A pause, another line, and a change at another place begin another step. */
export const goesOn = (before: Typing | null, next: Typing) =>
  before !== null &&
  !before.isWhole &&
  !next.breaks &&
  next.at - before.at < ONE_STEP &&
  next.from <= before.end + 1 &&
  next.end >= before.from - 1;
