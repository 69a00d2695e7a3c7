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
