import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RE2JS } from 're2js';
import { isPattern, patternOf } from '../../../src/selection/pattern.ts';

function matches(source: string, text: string): boolean | string {
  const pattern = patternOf(source);
  if (isPattern(pattern)) return pattern.matches(text);
  return pattern === 'too-large' ? pattern : pattern.invalid;
}

describe('a pattern', () => {
  test.each([
    ['etcd', 'etcd', true],
    ['etcd', 'etcd-0', false],
    ['a.b', 'axb', true],
    ['a.b', 'a.b', true],
    ['a.b', 'ab', false],
    ['a\\.b', 'axb', false],
    ['a\\.b', 'a.b', true],
    ['a|b', 'b', true],
    ['a|b', 'ab', false],
    ['', '', true],
    ['', 'a', false],
    ['|a', '', true],
    ['^a$', 'a', true],
    ['^^a', 'a', true],
    ['a\\$', 'a$', true],
    ['.*', '', true],
    ['(.+)', '', false],
    ['(?i)A', 'a', true],
    ['.', '\u{1f600}', true],
    ['a.c', 'a\nc', true],
    ['[[:digit:]]+', '42', true],
  ])('%j matches as Go does: %j %s', (source, text, expected) => {
    expect(matches(source, text)).toBe(expected);
  });

  test('tells the few values that it matches, if it is so', () => {
    const values = (source: string) => {
      const pattern = patternOf(source);
      return isPattern(pattern) ? pattern.values : pattern;
    };
    expect(values('etcd')).toEqual(['etcd']);
    expect(values('a|b|a')).toEqual(['a', 'b']);
    expect(values('a\\.b')).toEqual(['a.b']);
    expect(values('a.b')).toBeUndefined();
    expect(values('a+')).toBeUndefined();
  });

  test.each(['(?=a)', '(?<!a)b', 'a**', '(', '\\8', '[z-a]', '(?P<n', '\\'])(
    '%s is refused, as Go refuses it',
    (source) => {
      expect(patternOf(source)).toEqual({ invalid: expect.any(String) });
    },
  );

  test('is not compiled where that would take long', () => {
    expect(patternOf('[a-z]'.repeat(2000))).toBe('too-large');
    expect(patternOf('(\\pL{1,200}){1,5}|'.repeat(20))).toBe('too-large');
    expect(isPattern(patternOf('a-long-name-'.repeat(2000)))).toBe(true);
  });

  test.each([
    ['(.*)-(.*)', 'a-b', '$2-$1', 'b-a'],
    ['(.*)-(.*)', 'a-b', `$\{1}x`, 'ax'],
    ['(.*)-(.*)', 'a-b', '$1x', ''],
    ['(?P<first>.*)-b', 'a-b', '$first$$', 'a$'],
    ['(.*)', 'a', '$1', 'a'],
    ['.*', 'a', '$1', 'a'],
    ['.+', 'a', '$1', ''],
    ['.*', 'a', '$0', 'a'],
    ['a|b', 'a', 'x$0', 'xa'],
    ['a', 'b', '$0', undefined],
    ['(a)|(b)', 'b', '$1$2', 'b'],
    ['Pod;(.*)', 'Pod;a-0', '$1', 'a-0'],
    ['Pod;(.*)', 'Node;a', '$1', undefined],
    ['a-.*', 'a-0', '$1$0', 'a-0'],
    ['a-(.+)', 'a-', '$1', undefined],
    ['a-(.+)', 'a-\n', '[$1]', '[\n]'],
  ])('%s on %s fills in %s as vmagent does', (source, text, template, expected) => {
    const pattern = patternOf(source);
    expect(isPattern(pattern) && pattern.expand(text, template)).toBe(expected);
  });

  test('without operators, or with few, answers as the compiled expression does', () => {
    const letters = fc
      .constantFrom('a', 'b', '.', '|', '-', '\\.', '\\-', '/', ' ')
      .chain((letter) => fc.constantFrom(letter, letter, letter, '.*', '(.*)', '.+', '(.+)'));
    fc.assert(
      fc.property(
        fc.array(letters, { maxLength: 6 }).map((parts) => parts.join('')),
        fc.string({ unit: fc.constantFrom('a', 'b', '.', '-', 'é', '\u{1f600}'), maxLength: 4 }),
        (source, text) => {
          const compiled = RE2JS.compile(`^(?:${source})$`, RE2JS.DOTALL);
          expect(matches(source, text)).toBe(compiled.matches(text));
        },
      ),
    );
  });
});
