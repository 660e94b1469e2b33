import type { RelabelRule } from '../kubernetes/index.ts';
import { isPattern, patternOf, replacedIn } from '../selection/index.ts';
import type { Renaming, Unlisted } from './labelling.ts';

/**
 * Returns the names that `labelmap` gives labels, which also keep their own; undefined where its expression is not
 * followed.
 */
export function labelmapOf({ regex, replacement }: RelabelRule): Renaming | undefined {
  const pattern = patternOf(regex);
  if (!isPattern(pattern)) return undefined;
  const name = (label: string) => pattern.expand(label, replacement);
  return {
    name,
    unlisted: (names) =>
      names.rest === 'end' ? exactly(name, names) : mapped(names, regex, replacement),
    moves: false,
  };
}

function exactly(name: Renaming['name'], { prefix, rest }: Unlisted): Unlisted | undefined {
  const renamed = name(prefix);
  return renamed === undefined ? undefined : { prefix: renamed, rest };
}

/** What the usual forms make of names with a prefix, such as `__meta_kubernetes_node_label_(.+)`. */
function mapped(
  { prefix, rest }: Unlisted,
  regex: string,
  replacement: string,
): Unlisted | undefined | 'anything' {
  const [, literal = '', tail = ''] = /^\^*(\w*)(.*)$/s.exec(regex) ?? [];
  // An alternative, or what may be absent, leaves no prefix that all matches have.
  const isWhole = !regex.includes('|') && !/^[*?{]/.test(tail);
  const common = isWhole ? literal : '';
  if (!common.startsWith(prefix) && !prefix.startsWith(common)) return undefined;
  const [, before] = /^(\w*)\$(?:1|\{1\})$/.exec(replacement) ?? [];
  if (before === undefined || !/^\(\.[+*]\)\$*$/.test(tail)) return 'anything';
  return prefix.startsWith(common)
    ? { prefix: before + prefix.slice(common.length), rest }
    : { prefix: before, rest: 'anything' };
}

/** Returns the names that `labelmap_all` gives labels in place of their own; undefined where it is not followed. */
export function labelmapAllOf({ regex, replacement }: RelabelRule): Renaming | undefined {
  if (replacedIn('', regex, replacement) === undefined) return undefined;
  const name = (label: string) => replacedIn(label, regex, replacement);
  const isPlain = /^\w+$/.test(regex) && !replacement.includes('$');
  return {
    name,
    unlisted: (names) => {
      if (names.rest === 'end') return exactly(name, names);
      if (!isPlain || mayBegin(regex, names.prefix)) return 'anything';
      return { ...names, prefix: name(names.prefix) ?? names.prefix };
    },
    moves: true,
  };
}

/** Whether a match may begin in a prefix and end after it. */
function mayBegin(text: string, prefix: string): boolean {
  return [...text].some((_, index) => index > 0 && prefix.endsWith(text.slice(0, index)));
}
