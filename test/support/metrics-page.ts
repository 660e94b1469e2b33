/** One sample of a page in Prometheus' text format. */
export interface PageSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The samples of a page (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format), in its order. */
export function samplesOf(page: string): PageSample[] {
  return page
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const read = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: \d+)?$/.exec(line);
      if (read === null) throw new Error(`no sample: ${line}`);
      const [, name = '', labels = '', value = ''] = read;
      return { name, labels: labelsOf(labels), value: sampleValue(value) };
    });
}

function labelsOf(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)];
  return Object.fromEntries(
    pairs.map(([, name = '', value = '']) => [
      name,
      value.replace(/\\(.)/g, (_whole, escaped) => (escaped === 'n' ? '\n' : escaped)),
    ]),
  );
}

function sampleValue(text: string): number {
  return text === '+Inf' ? Number.POSITIVE_INFINITY : Number(text);
}
