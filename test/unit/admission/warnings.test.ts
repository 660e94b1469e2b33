import { describe, expect, test } from '@jest/globals';
import { refusalOf, warning, warningsOf } from '../../../src/admission/warnings.ts';
import type { Finding } from '../../../src/findings/index.ts';

const one: Finding = {
  code: 'port-not-found',
  severity: 'warning',
  object: { apiVersion: 'v1', kind: 'Service', namespace: 'shop', name: 'gw' },
  field: 'spec.ports[0]',
  message: 'it is not there',
  fix: 'write it',
  certain: false,
};

function lengthOf(text: string): number {
  return [...text].length;
}

describe('the warnings of findings', () => {
  test('say where, what, what to do and the code', () => {
    expect(warningsOf([one])).toEqual([
      'autoscrape: spec.ports[0]: it is not there; write it [port-not-found]',
    ]);
    expect(warningsOf([{ ...one, field: '', fix: '', message: 'It is.' }])).toEqual([
      'autoscrape: It is [port-not-found]',
    ]);
  });

  test('come with the worst first, the certain before the uncertain, else in order', () => {
    const findings: Finding[] = [
      { ...one, code: 'a' },
      { ...one, code: 'b', severity: 'error' },
      { ...one, code: 'c', severity: 'info' },
      { ...one, code: 'd', certain: true },
      { ...one, code: 'e', severity: 'error', certain: true },
      { ...one, code: 'f' },
    ];
    const codes = warningsOf(findings).map((text) => text.slice(-2, -1));
    expect(codes).toEqual(['e', 'b', 'd', 'a', 'f']);
  });

  test('cut a long message before the fix, so that what to do is said in full', () => {
    const [text = ''] = warningsOf([{ ...one, message: 'm'.repeat(400) }]);
    expect(lengthOf(text)).toBe(256);
    expect(text).toMatch(/^autoscrape: spec\.ports\[0\]: m+…; write it \[port-not-found\]$/);
  });

  test('leave a long fix out where there is not room for it, then the end of the message, never the code', () => {
    const long = { ...one, fix: 'x'.repeat(250) };
    expect(warningsOf([long])).toEqual([
      'autoscrape: spec.ports[0]: it is not there [port-not-found]',
    ]);
    const [longer = ''] = warningsOf([{ ...one, fix: '', message: 'é'.repeat(400) }]);
    expect(lengthOf(longer)).toBe(256);
    expect(longer).toMatch(/^autoscrape: spec\.ports\[0\]: é+… \[port-not-found\]$/);
  });

  test('are counted in characters, as the API server counts, and never cut one in two', () => {
    const [text = ''] = warningsOf([{ ...one, field: '', fix: '', message: '🐘'.repeat(400) }]);
    expect(lengthOf(text)).toBe(256);
    expect(text.isWellFormed()).toBe(true);
  });

  test('are at most ten, the last of which tells how many more there are', () => {
    const many = Array.from({ length: 25 }, (_, at) => ({ ...one, code: `code-${at}` }));
    const warnings = warningsOf(many);
    expect(warnings.length).toBe(10);
    expect(warnings[8]).toContain('[code-8]');
    expect(warnings[9]).toBe('autoscrape: and 16 more findings, see: autoscrape explain');
    expect(warningsOf(many.slice(0, 10)).length).toBe(10);
    expect(warningsOf(many.slice(0, 10))[9]).toContain('[code-9]');
  });

  test('together stay below what the API server lets through', () => {
    const long = Array.from({ length: 50 }, () => ({ ...one, message: 'm'.repeat(1000) }));
    expect(lengthOf(warningsOf(long).join(''))).toBeLessThan(4096);
  });

  test('have no control character and no broken surrogate, which would get them dropped', () => {
    const odd = { ...one, message: 'a\u0000\n\tb \ud800c', fix: '' };
    expect(warningsOf([odd])).toEqual(['autoscrape: spec.ports[0]: a b \ufffdc [port-not-found]']);
    expect(warning('a\r\nb')).toBe('autoscrape: a b');
  });
});

describe('a refusal', () => {
  test('bears findings of any length', () => {
    const long = Array.from({ length: 9 }, () => ({ ...one, message: 'm'.repeat(100_000) }));
    expect(lengthOf(refusalOf(long))).toBeLessThan(1000);
    expect(refusalOf(long)).toMatch(/And 6 more, see: autoscrape explain$/);
  });
});
