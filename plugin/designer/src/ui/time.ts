const two = (part: number) => String(part).padStart(2, "0");

/** A moment where the person is: `14:03:22` today, `2026-11-29 14:03:22` on another day. */
export function toldTime(moment: string | number, today = new Date()): string {
  const then = new Date(moment);
  const time = [then.getHours(), then.getMinutes(), then.getSeconds()].map(two).join(":");
  if (then.toDateString() === today.toDateString()) return time;
  return `${then.getFullYear()}-${two(then.getMonth() + 1)}-${two(then.getDate())} ${time}`;
}
