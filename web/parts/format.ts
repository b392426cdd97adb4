/** A moment as `YYYY-MM-DD HH:MM:SS` in the reader's own time zone. */
export function dateTime(milliseconds: number): string {
  const date = new Date(milliseconds);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')}`;
}

/** The time of day of a moment, `HH:MM:SS`. */
export function timeOfDay(milliseconds: number): string {
  return dateTime(milliseconds).slice(11);
}

/** A number with its unit, in words where the language has them: `1 day`, `7天`, `100 MB`. */
export function quantity(value: number, unit: Unit | undefined, language: string): string {
  if (unit === undefined) return new Intl.NumberFormat(language).format(value);
  const unitDisplay = unit === 'megabyte' ? 'short' : 'long';
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay }).format(value);
}

export type Unit = 'second' | 'day' | 'megabyte';

/** Rows as CSV with a mark of UTF-8, so that spreadsheets read Chinese and run nothing. */
export function csv(rows: readonly (readonly (string | number)[])[]): string {
  return `\uFEFF${rows.map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}

function cell(value: string | number): string {
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
