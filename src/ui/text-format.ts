import type { Language } from "./language.ts";

/** «14:07», by the tablet's own clock zone. */
export function formatClock(ms: number, language: Language): string {
  return new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(
    ms,
  );
}

/** «今天14:07», «昨天09:30», else «11月2日14:07»; «today 14:07», «2 Nov 14:07». */
export function formatMoment(ms: number, nowMs: number, language: Language): string {
  const clock = formatClock(ms, language);
  const days = dayNumber(nowMs) - dayNumber(ms);
  if (days === 0) return language === "en" ? `today ${clock}` : `今天${clock}`;
  if (days === 1) return language === "en" ? `yesterday ${clock}` : `昨天${clock}`;
  return language === "en"
    ? `${formatDay(ms, nowMs, language)} ${clock}`
    : `${formatDay(ms, nowMs, language)}${clock}`;
}

/** «11月2日» / «2 Nov», with the year when it is not this one. */
export function formatDay(ms: number, nowMs: number, language: Language): string {
  const sameYear = new Date(ms).getFullYear() === new Date(nowMs).getFullYear();
  return new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, {
    month: language === "en" ? "short" : "long",
    day: "numeric",
    ...(sameYear ? {} : { year: "numeric" }),
  }).format(ms);
}

/** A wait as people say it, never shorter than it is: «30秒», «5分钟», «2小时» / «30 s», «5 min», «2 h». */
export function formatWait(waitMs: number, language: Language): string {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  if (seconds < 90) return language === "en" ? `${seconds} s` : `${seconds}秒`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 90) return language === "en" ? `${minutes} min` : `${minutes}分钟`;
  const hours = Math.ceil(minutes / 60);
  return language === "en" ? `${hours} h` : `${hours}小时`;
}

function dayNumber(ms: number): number {
  const date = new Date(ms);
  return Math.round(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000);
}
