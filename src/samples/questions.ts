import type { ExpectedPod, ExpectedSamples, Question } from './types.ts';

/** Values of a label that one query asks for. */
const mostValues = 100;

/** Characters of these in one query: VictoriaMetrics takes 16 KiB of query in all (`-search.maxQueryLen`). */
const mostCharacters = 8_000;

/** How far back the last sample is looked for, and how finely. */
const lookBack = '[1h:15s]';

/** The number of series that a read brought; vmagent and Prometheus write it beside `up`. */
export const seriesMetric = 'scrape_samples_post_metric_relabeling';

/** Labels by which samples are asked for, the first that they have: few values of it mean many pods. */
const wide = ['namespace', 'pod', 'service', 'job'];

/** The same, where few pods are meant. */
const narrow = ['pod', 'service', 'namespace', 'job'];

/**
 * What to ask of a store first: the newest reads of each pod, whatever else reads the same address, and the heartbeat of
 * what is pushed.
 *
 * @param match matchers that every query has besides, such as `cluster="x"`; empty for none
 */
export function firstQuestions(expected: readonly ExpectedSamples[], match: string): Question[] {
  const scraped = expected.filter((one) => isRead(one));
  const pods = scraped.flatMap((one) => one.pods);
  const byLabel = batches(pods.flatMap((pod) => handlesOf(pod)));
  const byAddress = batches(
    pods.flatMap(({ address }) =>
      address === undefined ? [] : [{ name: 'instance', value: address }],
    ),
  );
  return [
    ...byLabel.flatMap((batch) => [
      question('up', 'time', batch, match),
      question('up', 'value', batch, match),
      question(seriesMetric, 'value', batch, match),
    ]),
    ...byAddress.flatMap((batch) => [
      question('up', 'time', batch, match),
      question('up', 'value', batch, match),
      question(seriesMetric, 'value', batch, match),
    ]),
    ...pushedQuestions(
      expected.filter((one) => !isRead(one)),
      match,
    ),
  ];
}

/**
 * What to ask then of what the first answers do not show: when its last sample was, and its heartbeat, which is there
 * where an agent's own metrics are not written. It looks far back, so it asks for these pods alone where labels name them.
 */
export function furtherQuestions(missing: readonly ExpectedSamples[], match: string): Question[] {
  const read = missing.filter(isRead);
  const narrowly = (all: readonly ExpectedSamples[]) =>
    batches(all.flatMap(({ pods }) => pods.flatMap((pod) => handlesOf(pod, narrow))));
  const byHeartbeat = Map.groupBy(read, ({ heartbeat }) => heartbeat?.metric);
  return [
    ...narrowly(read).map((batch) => question('up', 'last', batch, match)),
    ...[...byHeartbeat].flatMap(([metric, members]) =>
      metric === undefined
        ? []
        : narrowly(members).flatMap((batch) => [
            question(metric, 'time', batch, match),
            question(metric, 'value', batch, match),
          ]),
    ),
  ];
}

/** Whether its metrics are read, not pushed. */
export function isRead({ isScraped }: ExpectedSamples): boolean {
  return isScraped;
}

/** What a question is about, of one label's value. */
export function aboutOf({ name, value }: Handle): string {
  return `${name}=${value}`;
}

/** A label and its value by which samples are asked for. */
export interface Handle {
  readonly name: string;
  readonly value: string;
}

/** The labels by which a pod's samples are asked for: one for each way of reading it. */
export function handlesOf({ series }: ExpectedPod, handles: readonly string[] = wide): Handle[] {
  return series.flatMap(({ labels }) => {
    const name = handles.find((one) => labels[one] !== undefined) ?? Object.keys(labels)[0];
    const value = name === undefined ? undefined : labels[name];
    return name === undefined || value === undefined ? [] : [{ name, value }];
  });
}

interface Batch {
  readonly name: string;
  readonly values: readonly string[];
}

/** Values of one label each, at most 100 at a time, each once. */
function batches(found: readonly Handle[]): Batch[] {
  const byName = Map.groupBy(found, ({ name }) => name);
  return [...byName].flatMap(([name, members]) => {
    const all = [...new Set(members.map(({ value }) => value))].sort();
    const parts: string[][] = [];
    let length = 0;
    for (const value of all) {
      const last = parts.at(-1);
      length += value.length * 2 + 1;
      if (last === undefined || last.length >= mostValues || length > mostCharacters) {
        parts.push([value]);
        length = value.length * 2 + 1;
      } else last.push(value);
    }
    return parts.map((values) => ({ name, values }));
  });
}

function question(
  metric: string,
  asks: Question['asks'],
  { name, values }: Batch,
  match: string,
): Question {
  const selector = `${metric}{${[oneOf(name, values), match].filter((one) => one !== '').join(',')}}`;
  const query = queryFor(asks, selector);
  return { metric, asks, query, about: values.map((value) => aboutOf({ name, value })) };
}

/** `timestamp` of a selector is the time of the sample itself, in Prometheus and in VictoriaMetrics alike. */
function queryFor(asks: Question['asks'], selector: string): string {
  switch (asks) {
    case 'time':
      return `timestamp(${selector})`;
    case 'value':
      return selector;
    case 'last':
      return `max_over_time(timestamp(${selector})${lookBack})`;
  }
}

/** A matcher for any of some values. */
function oneOf(name: string, values: readonly string[]): string {
  const [only = ''] = values;
  return values.length === 1
    ? `${name}=${JSON.stringify(only)}`
    : `${name}=~${JSON.stringify(values.map(quoted).join('|'))}`;
}

/** A text as a regular expression of RE2 that means itself. */
function quoted(text: string): string {
  return text.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&');
}

/**
 * The heartbeats of what is pushed, by both of its names. Names with dots are asked for without a label: of those
 * Prometheus had no words before its third version.
 */
function pushedQuestions(pushed: readonly ExpectedSamples[], match: string): Question[] {
  const known = pushed.flatMap(({ heartbeat, coverage }) =>
    heartbeat?.otlp === undefined ? [] : [{ ...heartbeat, service: coverage.component }],
  );
  const byMetric = Map.groupBy(known, ({ metric }) => metric);
  const plain = [...byMetric].flatMap(([metric, members]) =>
    batches(members.map(({ service }) => ({ name: 'service_name', value: service }))).map((batch) =>
      question(metric, 'time', batch, match),
    ),
  );
  const dotted = [...new Set(known.flatMap(({ otlp }) => otlp ?? []))].map((name): Question => {
    const parts = [`__name__=${JSON.stringify(name)}`, match].filter((one) => one !== '');
    const query = `timestamp({${parts.join(',')}})`;
    return { metric: name, asks: 'time', query, about: [] };
  });
  return [...plain, ...dotted];
}
