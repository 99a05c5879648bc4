// The words of the page, and how amounts of time are written in them.

const beijing = new Intl.DateTimeFormat("zh-CN", {
  timeZone: "Asia/Shanghai",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const beijingDay = new Intl.DateTimeFormat("sv-SE", {
  timeZone: "Asia/Shanghai",
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
});

export const data = JSON.parse(document.querySelector("#live-data").textContent);
export const words = JSON.parse(document.querySelector("#live-words").textContent);

/** Fill `{name}` places. */
export const say = (text, facts = {}) => text.replace(/\{(\w+)\}/g, (_, name) => facts[name] ?? "");

/** `09:30:05` in Beijing. */
export const clockTime = (milliseconds) => beijing.format(new Date(milliseconds));

/** `2026-11-23 09:30` in Beijing. */
export const dayTime = (moment) => beijingDay.format(new Date(moment));

/** The time, with its day when that was not lately. */
export const momentWords = (moment, now) => (now - moment > 72_000_000 ? dayTime(moment) : clockTime(moment));

/** A moment to come: the time, with its day when that is not today. The day is never broken over two lines. */
export function untilWords(moment, now) {
  const isToday = dayTime(moment).slice(0, 10) === dayTime(now).slice(0, 10);
  return isToday ? clockTime(moment) : dayTime(moment).replaceAll("-", "-\u2060").replace(" ", "\u00a0");
}

/** `2 d 3 h`, `1:02:03`, `4:05`, and tenths in the last ten seconds. Rounded up: 0 is never shown while time is left. */
export function leftWords(leftMs) {
  if (leftMs < 10_000) return (Math.ceil(leftMs / 100) / 10).toFixed(1);
  const seconds = Math.ceil(leftMs / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (h >= 24) return say(words.days_hours, { days: Math.floor(h / 24), hours: h % 24 });
  const two = (n) => String(n).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** A length of time as the terms hold it (ISO 8601: `PT300S`, `P1DT2H`), in seconds. */
export function secondsOf(length) {
  const found = /^P(?:([\d.]+)D)?(?:T(?:([\d.]+)H)?(?:([\d.]+)M)?(?:([\d.]+)S)?)?$/.exec(length) ?? [];
  const [d, h, m, s] = found.slice(1).map((part) => Number(part ?? 0));
  return d * 86_400 + h * 3600 + m * 60 + s;
}

export function write(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}
