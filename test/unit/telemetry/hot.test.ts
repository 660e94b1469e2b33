import { expect, test } from '@jest/globals';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import fc from 'fast-check';
import { hotInstruments } from '../../../src/telemetry/hot.ts';
import { counter, type Definition, histogram } from '../../../src/telemetry/index.ts';
import { metricsPage } from '../../../src/telemetry/page.ts';

const definition: Definition = {
  name: 'test_duration_seconds',
  kind: 'histogram',
  unit: 's',
  description: 'For the test.',
  labels: ['a', 'b'],
  buckets: [0.1, 1, 10],
};

const counted: Definition = {
  name: 'test_things_total',
  kind: 'counter',
  unit: '{thing}',
  description: 'For the test.',
  labels: ['a', 'b'],
};

/** A page with what was recorded, by the SDK's own histogram or by ours. */
async function page(records: readonly (readonly [number, string, string])[], own: boolean) {
  const hot = hotInstruments('test', '1');
  const metrics = metricsPage([hot.producer]);
  const provider = new MeterProvider({ readers: [metrics.reader] });
  const { record } = hot.histogram(definition);
  const { add } = hot.counter(counted);
  const meter = provider.getMeter('test', '1');
  const sdk = { histogram: histogram(meter, definition), counter: counter(meter, counted) };
  for (const [value, a, b] of records) {
    if (own) {
      record(value, a, b);
      add(value, a, b);
    } else {
      sdk.histogram.record(value, { a, b });
      sdk.counter.add(value, { a, b });
    }
  }
  const text = await metrics.render();
  await provider.shutdown();
  return text
    .split('\n')
    .filter((line) => line.includes(definition.name) || line.includes(counted.name));
}

test('a histogram and a counter of ours say what those of the SDK say', async () => {
  const value = fc.oneof(
    fc.constantFrom(0, 0.1, 1, 10),
    fc.double({ min: 0, max: 20, noNaN: true }),
  );
  const label = fc.constantFrom('x', 'y"\n', 'ä');
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(value, label, label), { maxLength: 50 }),
      async (records) => {
        expect(await page(records, true)).toEqual(await page(records, false));
      },
    ),
    { numRuns: 50 },
  );
});

test('a label without a value is none, as Prometheus has it', async () => {
  const lines = await page([[1, '', 'b']], true);
  expect(lines.filter((line) => /_total|_count/.test(line) && !line.startsWith('#'))).toEqual([
    'test_duration_seconds_count{b="b"} 1',
    'test_things_total{b="b"} 1',
  ]);
});

test('combinations of labels above 2000 are one, which is marked, as in the SDK', async () => {
  const records = Array.from({ length: 3_000 }, (_, index) => [1, String(index), 'b'] as const);
  const counts = (lines: readonly string[]) =>
    lines.filter((line) => line.startsWith(`${definition.name}_count`));
  const ours = counts(await page(records, true));
  expect([ours.length, ours.at(-1)]).toEqual([
    2_000,
    'test_duration_seconds_count{otel_metric_overflow="true"} 1001',
  ]);
  expect(ours).toEqual(counts(await page(records, false)));
});
