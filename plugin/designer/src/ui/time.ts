/** How long something took, the same way wherever it is told: `4.2 ms`, `320 ms`, `1.5 s`, `2 min 5 s`. */
export function toldDuration(milliseconds: number): string {
  const took = Math.max(milliseconds, 0);
  if (took > 0 && took < 9.95) return `${took.toFixed(1)} ms`;
  if (took < 999.5) return `${took.toFixed(0)} ms`;
  if (took < 59_950) return `${(took / 1000).toFixed(1)} s`;
  const seconds = Math.round(took / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

const two = (part: number) => String(part).padStart(2, "0");

const DAY = 86_400_000;
const dayOf = (moment: Date) => new Date(moment.getFullYear(), moment.getMonth(), moment.getDate()).getTime();

/** A start where the person is, with its day: `today 14:00`, `tomorrow 09:00`, `Mon 2026-12-07 09:00`. */
export function toldStart(moment: string | number, now = new Date()): string {
  const then = new Date(moment);
  const seconds = then.getSeconds() ? [then.getSeconds()] : [];
  const time = [then.getHours(), then.getMinutes(), ...seconds].map(two).join(":");
  const days = Math.round((dayOf(then) - dayOf(now)) / DAY);
  const near = { "-1": "yesterday", "0": "today", "1": "tomorrow" }[String(days)];
  const date = `${then.getFullYear()}-${two(then.getMonth() + 1)}-${two(then.getDate())}`;
  const weekday = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][then.getDay()];
  return `${near ?? `${weekday} ${date}`} ${time}`;
}

/** A moment where the person is: `14:03:22` today, `2026-11-29 14:03:22` on another day. */
export function toldTime(moment: string | number, today = new Date()): string {
  const then = new Date(moment);
  const time = [then.getHours(), then.getMinutes(), then.getSeconds()].map(two).join(":");
  if (then.toDateString() === today.toDateString()) return time;
  return `${then.getFullYear()}-${two(then.getMonth() + 1)}-${two(then.getDate())} ${time}`;
}
