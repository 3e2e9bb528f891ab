// Durations as programs write them: "24h", "7d", "1h30m".

const durationText = /^(?=.)(?:(\d{1,5})d)?(?:(\d{1,6})h)?(?:(\d{1,8})m)?(?:(\d{1,9})s)?$/;

/** What {@link parseDuration} reads, in words that continue "must be …". */
export const durationExpected =
  'a duration such as "24h", "7d" or "1h30m": numbers with d, h, m, s, in that order';

/** Seconds of a duration; undefined for a text that is none. Every day has 24 hours. */
export function parseDuration(text: string): number | undefined {
  const parts = durationText.exec(text);
  if (!parts) return undefined;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map((part) => Number(part ?? 0));
  return ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
}
