export const DEFAULT_DAYS = 180;
export const MOST_DAYS = 3650;

/** Whole days as seconds, or undefined when the text is no number of days from 1 to `MOST_DAYS`. */
export function toSeconds(days: string): number | undefined {
  if (!/^\d{1,4}$/.test(days.trim())) return undefined;
  const count = Number(days);
  return count >= 1 && count <= MOST_DAYS ? count * 86_400 : undefined;
}
