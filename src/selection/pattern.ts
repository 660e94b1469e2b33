import { RE2JS } from 're2js';
import { Pool } from '../ground/pool.ts';
import { reasonOf } from '../ground/reason.ts';

/**
 * The regular expressions of selectors and relabel rules, as vmagent reads them: Go's syntax
 * (https://github.com/google/re2/wiki/Syntax), anchored at both ends, where a dot also matches a line break.
 * They are matched in linear time, whatever is written.
 */
export interface Pattern {
  readonly source: string;
  /** The values it matches, where there are only a few of them and no other: `a|b` gives both. */
  readonly values: readonly string[] | undefined;
  /** Whether the whole of `text` matches. */
  matches(text: string): boolean;
  /**
   * `template` with `$1`, `${1}` and `${name}` filled in as Go's Regexp.Expand does; undefined where `text` does not
   * match, or where more than {@link longestResult} characters would come of it.
   */
  expand(text: string, template: string): string | undefined;
}

export type CompiledPattern = Pattern | { readonly invalid: string } | 'too-large';

/** Longer results are not known: rule upon rule could double them until no memory is left. In characters. */
export const longestResult = 65_536;

/**
 * Larger expressions are not compiled: what they match is not known. Compiling and matching take time in proportion
 * to the length times the counted repetitions (`{2,5}` counts five times), a tenth of a millisecond for these.
 */
const maxSize = 4000;

/**
 * Compiles an expression. `invalid` where Go would refuse it, with the reason; `too-large` where it is larger than
 * we are willing to compile.
 */
export function patternOf(source: string): CompiledPattern {
  if (literal.test(source)) return literalPattern(source);
  const unanchored = withoutAnchors(source);
  // vmagent takes both for its default, which has a group.
  if (unanchored === '.*' || unanchored === '(.*)') return anything(source, 0);
  if (unanchored === '.+' || unanchored === '(.+)') return anything(source, 1);
  const plain = plainAlternatives(unanchored);
  if (plain !== undefined) return plainPattern(source, plain);
  if (sizeOf(unanchored) > maxSize) return 'too-large';
  const [whole, prefix = '', tail = ''] = beginning.exec(unanchored) ?? [];
  if (whole !== undefined) return beginningWith(source, prefix, tail);
  return compiled.get(source, () => compile(source, unanchored));
}

/** The expressions compiled last: compiling takes a thousand times as long as looking one up. */
const compiled = new Pool<CompiledPattern>(128);

function compile(source: string, unanchored: string): CompiledPattern {
  try {
    return compiledPattern(source, RE2JS.compile(`^(?:${unanchored})$`, RE2JS.DOTALL));
  } catch (error) {
    return { invalid: whyInvalid(error) };
  }
}

/** True for what {@link patternOf} could compile. */
export function isPattern(result: CompiledPattern): result is Pattern {
  return result !== 'too-large' && !('invalid' in result);
}

/** No less than the length of the expression with all of its counted repetitions written out. */
function sizeOf(source: string): number {
  let size = source.length;
  if (size > maxSize) return size;
  for (const [, least, most] of source.matchAll(/\{(\d+)(?:,(\d*))?\}/g)) {
    size *= Math.max(1, Number(least), Number(most ?? 0));
  }
  return size;
}

function whyInvalid(error: unknown): string {
  return reasonOf(error).replace(/^error parsing regexp: /, '');
}

/** vmagent removes anchors before it adds its own (lib/regexutil RemoveStartEndAnchors). */
function withoutAnchors(source: string): string {
  let start = 0;
  let end = source.length;
  while (start < end && source[start] === '^') start += 1;
  while (end > start && source[end - 1] === '$' && source[end - 2] !== '\\') end -= 1;
  return source.slice(start, end);
}

/** What almost every expression is: it matches itself alone. */
const literal = /^[\w\-/:; ]*$/;

function literalPattern(source: string): Pattern {
  return {
    source,
    values: [source],
    matches: (text) => text === source,
    expand: (text, template) => expandPlain(text === source, text, template),
  };
}

/** There are no groups but the whole match. */
function expandPlain(matches: boolean, text: string, template: string): string | undefined {
  return matches ? expandTemplate(template, (name) => (name === '0' ? text : '')) : undefined;
}

/** `.*` and `.+`, the commonest of all, with or without a group around. */
function anything(source: string, least: number): Pattern {
  const group = least === 0 || source.includes('(');
  const matches = (text: string) => text.length >= least;
  return {
    source,
    values: undefined,
    matches,
    expand: (text, template) =>
      matches(text)
        ? expandTemplate(template, (name) => (name === '0' || (group && name === '1') ? text : ''))
        : undefined,
  };
}

/** Ordinary characters, then anything: `etcd-.*`, `Pod;(.*)`. */
const beginning = /^([\w\-/:;,@%#&=~!"'`<> ]+)(\.[*+]|\(\.[*+]\))$/;

function beginningWith(source: string, prefix: string, tail: string): Pattern {
  const isGroup = tail.startsWith('(');
  const least = prefix.length + (tail.includes('+') ? 1 : 0);
  const matches = (text: string) => text.length >= least && text.startsWith(prefix);
  const group = (text: string, name: string): string => {
    if (name === '0') return text;
    return isGroup && name === '1' ? text.slice(prefix.length) : '';
  };
  return {
    source,
    values: undefined,
    matches,
    expand: (text, template) =>
      matches(text) ? expandTemplate(template, (name) => group(text, name)) : undefined,
  };
}

/** One alternative of an expression without operators: `any` holds the positions of its dots. */
interface Plain {
  readonly text: string;
  readonly any: readonly number[];
}

const plainCharacter = /[\w\-/:;,@%#&=~!"'`<> ]/;
const escapable = /[^\w\s]/;

/** The alternatives of an expression made of ordinary characters, `.`, `\.` and `|`; undefined for any other. */
function plainAlternatives(source: string): Plain[] | undefined {
  const alternatives: Plain[] = [];
  let text = '';
  let any: number[] = [];
  for (let index = 0; index < source.length; index += 1) {
    const character = source.charAt(index);
    if (character === '|') {
      alternatives.push({ text, any });
      text = '';
      any = [];
    } else if (character === '.') {
      any.push(text.length);
      text += '.';
    } else if (character === '\\') {
      index += 1;
      const escaped = source.charAt(index);
      if (escaped === '' || escaped > '~' || !escapable.test(escaped)) return undefined;
      text += escaped;
    } else if (plainCharacter.test(character)) {
      text += character;
    } else {
      return undefined;
    }
  }
  alternatives.push({ text, any });
  return alternatives;
}

function plainPattern(source: string, alternatives: readonly Plain[]): Pattern {
  const exact = alternatives.every((one) => one.any.length === 0);
  const values = exact ? [...new Set(alternatives.map((one) => one.text))] : undefined;
  const [only] = alternatives;
  const matches =
    alternatives.length === 1 && only !== undefined
      ? (text: string) => matchesPlain(only, text)
      : (text: string) => alternatives.some((one) => matchesPlain(one, text));
  return {
    source,
    values,
    matches,
    expand: (text, template) => expandPlain(matches(text), text, template),
  };
}

function matchesPlain(one: Plain, text: string): boolean {
  if (one.any.length === 0) return text === one.text;
  // A dot is one code point, of one or two UTF-16 units.
  const characters = isAscii(text) ? text : [...text];
  if (characters.length !== one.text.length) return false;
  let next = 0;
  for (let index = 0; index < one.text.length; index += 1) {
    if (one.any[next] === index) next += 1;
    else if (characters[index] !== one.text[index]) return false;
  }
  return true;
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    if (text.charCodeAt(index) > 0x7f) return false;
  }
  return true;
}

function compiledPattern(source: string, compiled: RE2JS): Pattern {
  return {
    source,
    values: undefined,
    matches: (text) => compiled.matches(text),
    expand: (text, template) => {
      const matcher = compiled.matcher(text);
      if (!matcher.matches()) return undefined;
      return expandTemplate(template, groupsOf(compiled, matcher));
    },
  };
}

/**
 * Returns `text` with every match of an expression replaced, as Go's ReplaceAllString does; undefined where the
 * expression can't be compiled, or the result is longer than {@link longestResult}. It is not anchored, and a dot matches no line break.
 */
export function replacedIn(text: string, source: string, template: string): string | undefined {
  if (!isPattern(patternOf(source))) return undefined;
  const expression = searched.get(source, () => search(source));
  if (expression === 'invalid') return undefined;
  const matcher = expression.matcher(text);
  let replaced = '';
  let end = 0;
  while (matcher.find()) {
    // An empty match right after another one is none.
    if (matcher.end() === end && matcher.start() > 0) continue;
    const filled = expandTemplate(template, groupsOf(expression, matcher));
    if (filled === undefined || replaced.length > longestResult) return undefined;
    replaced += text.slice(end, matcher.start()) + filled;
    end = matcher.end();
  }
  return replaced + text.slice(end);
}

/** Reads the groups of a match by number or name. */
function groupsOf(expression: RE2JS, matcher: Matcher): (name: string) => string {
  const names = expression.namedGroups();
  return (name) => {
    const number = /^\d+$/.test(name) ? Number(name) : names[name];
    if (number === undefined || number > expression.groupCount()) return '';
    return matcher.group(number) ?? '';
  };
}

type Matcher = ReturnType<RE2JS['matcher']>;

const searched = new Pool<RE2JS | 'invalid'>(32);

function search(source: string): RE2JS | 'invalid' {
  try {
    const isDefault = ['.*', '(.*)'].includes(withoutAnchors(source));
    return RE2JS.compile(isDefault ? '.*' : source);
  } catch {
    return 'invalid';
  }
}

/** Go's Regexp.Expand: `$name` takes the longest name of letters, digits and `_`; `$$` is a dollar; anything else stays. */
function expandTemplate(template: string, group: (name: string) => string): string | undefined {
  let length = template.length;
  const result = template.replace(reference, (whole, name?: string, braced?: string) => {
    if (length > longestResult) return '';
    const filled = whole === '$$' ? '$' : group(name ?? braced ?? '');
    length += filled.length;
    return filled;
  });
  return length > longestResult ? undefined : result;
}

const reference = /\$(?:\$|(\w+)|\{(\w+)\})/g;
