import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { stateOrder, states } from '../../../src/planning/index.ts';
import { reviewFindings } from '../../../src/review/index.ts';
import { statesDocument } from '../../../tools/generate/states.ts';

const root = join(import.meta.dirname, '../../..');

test('docs/states.md is what the table of states says (npm run generate renews it)', () => {
  expect(readFileSync(join(root, 'docs/states.md'), 'utf8')).toBe(statesDocument());
});

test('every state has its place, and the findings and alerts that it names are there', () => {
  expect(stateOrder.toSorted()).toEqual(Object.keys(states).toSorted());
  const rules = readFileSync(join(root, 'deploy/samples/vmrule.yaml'), 'utf8');
  for (const { finding, alert, needsAttention } of Object.values(states)) {
    if (finding !== '') expect(Object.keys(reviewFindings)).toContain(finding);
    if (alert !== '') expect(rules).toContain(`alert: ${alert}\n`);
    expect(needsAttention).toBe(finding !== '');
  }
});
