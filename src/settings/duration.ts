/** Units of a Go duration, in milliseconds (https://pkg.go.dev/time#ParseDuration). */
const units: ReadonlyMap<string, number> = new Map([
  ['ns', 1e-6],
  ['us', 1e-3],
  ['µs', 1e-3],
  ['μs', 1e-3],
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
]);

const whole = /^(?:\d{1,15}(?:\.\d{0,15})?(?:ns|us|µs|μs|ms|s|m|h)){1,8}$/u;
const part = /(\d{1,15}(?:\.\d{0,15})?)(ns|us|µs|μs|ms|s|m|h)/gu;

/**
 * A duration as Go writes it (`2s`, `1m30s`, `500ms`, `0`), in milliseconds; undefined where `text` is none.
 * Negative ones and those without a digit before the point are refused: nobody sends them, and nothing waits
 * for a negative time.
 */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0;
  if (!whole.test(text)) return undefined;
  let milliseconds = 0;
  for (const [, amount, unit] of text.matchAll(part)) {
    milliseconds += Number(amount) * (units.get(unit ?? '') ?? Number.NaN);
  }
  return milliseconds;
}
