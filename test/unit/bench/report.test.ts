import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Machine } from '../../../bench/machine.ts';
import { resultPage } from '../../../bench/report/page.ts';
import { figure, resultText } from '../../../bench/report/text.ts';
import { writeResult } from '../../../bench/report/write.ts';
import type { Result } from '../../../bench/result.ts';
import { temporaryFolder } from '../../../tools/processes.ts';

const machine: Machine = {
  processor: 'A <fast> one',
  cores: 2,
  memoryGiB: 24,
  system: 'Linux 6.18',
  node: 'v24.21.0',
  loadBefore: 0.1,
  at: '2026-11-22T16:18:07.000Z',
};

const result: Result = {
  name: 'admission',
  title: 'Reviews & answers',
  method: 'Sent, and counted.',
  metrics: [{ key: 'throughput', title: 'Requests', unit: '/s', better: 'more' }],
  samples: [
    { metric: 'throughput', program: 'autoscrape', round: 0, value: 8_000 },
    { metric: 'throughput', program: 'floor', round: 0, value: 12_000 },
    { metric: 'throughput', program: 'autoscrape', round: 1, value: 9_000 },
    { metric: 'throughput', program: 'floor', round: 1, value: 12_000 },
  ],
  ratios: { floor: 0.71 },
  aims: [
    { text: '≥ 0.65 × the floor', measured: 0.71, bound: 0.65, better: 'more' },
    { text: '≥ 1 × the floor', measured: 0.71, bound: 1, better: 'more' },
  ],
  notes: ['pepr could not be had: no network'],
};

test('a result in a terminal is a table, the ratios, and the aims with what was reached', () => {
  expect(resultText(result, machine)).toBe(
    `
admission: Reviews & answers
A <fast> one, 2 cores, 24 GiB, Linux 6.18, Node v24.21.0, load before 0.1

measure   program     median      spread           rounds
Requests  autoscrape  8,500   /s  8,000 – 9,000    2
Requests  floor       12,000  /s  12,000 – 12,000  2

ratios of autoscrape to
  floor  0.71
reached  ≥ 0.65 × the floor: 0.710
MISSED   ≥ 1 × the floor: 0.710
note: pepr could not be had: no network
`,
  );
});

test('a page shows every figure, needs nothing from elsewhere, and escapes what it is given', () => {
  const page = resultPage(result, machine);
  expect(page).toContain('<h1>Reviews &amp; answers</h1>');
  expect(page).toContain('A &lt;fast&gt; one');
  expect(page).toContain('<td class="figure">8,500 /s</td>');
  expect(page).toContain('<span class="missed">missed</span>');
  expect(page.match(/<circle /g)).toHaveLength(4);
  expect(page.match(/<rect class="ours"/g)).toHaveLength(1);
  expect(page).not.toMatch(/https?:|<script|@import|url\(/);
});

test('a result is written as JSON with flat ratios, and as a page', async () => {
  const folder = await temporaryFolder('unit');
  try {
    await writeResult(result, machine, 'usual', folder.path);
    const written: unknown = JSON.parse(
      await readFile(join(folder.path, 'admission.json'), 'utf8'),
    );
    expect(written).toEqual({
      name: 'admission',
      title: 'Reviews & answers',
      method: 'Sent, and counted.',
      length: 'usual',
      machine,
      ratios: { floor: 0.71 },
      aims: result.aims,
      notes: result.notes,
      summaries: [
        {
          metric: 'throughput',
          program: 'autoscrape',
          unit: '/s',
          median: 8_500,
          least: 8_000,
          most: 9_000,
          count: 2,
        },
        {
          metric: 'throughput',
          program: 'floor',
          unit: '/s',
          median: 12_000,
          least: 12_000,
          most: 12_000,
          count: 2,
        },
      ],
      samples: result.samples,
    });
    expect(await readFile(join(folder.path, 'admission.html'), 'utf8')).toBe(
      resultPage(result, machine),
    );
  } finally {
    await folder.remove();
  }
});

test('figures have three digits that count', () => {
  expect([0, 0.012345, 1.005, 12.345, 123.45, 12_345.6, Number.NaN].map(figure)).toEqual([
    '0.00',
    '0.0123',
    '1.00',
    '12.3',
    '123',
    '12,346',
    '–',
  ]);
});
