import { Pool } from '../ground/pool.ts';
import type { Answer } from '../selection/index.ts';
import { isPattern, patternOf } from '../selection/index.ts';
import type { LabelReader } from './labelling.ts';

/** One requirement of a series selector, such as `pod=~"etcd-.*"`. */
interface SeriesRequirement {
  readonly label: string;
  readonly operator: string;
  readonly value: string;
}

/**
 * Says whether labels match one of the series selectors of a rule's `if`. `perhaps` also for what is written in other
 * ways than people usually do.
 * Source: VictoriaMetrics lib/promrelabel/if_expression.go.
 */
export function matchesAny(selectors: readonly string[], read: LabelReader): Answer {
  const answers = selectors.map((selector) => {
    const { alternatives } = known.get(selector, () => ({ alternatives: parsed(selector) }));
    return alternatives === undefined
      ? 'perhaps'
      : best(alternatives.map((requirements) => matchesAll(requirements, read)));
  });
  return best(answers);
}

/** The selectors that were parsed last: a rule is asked for every target. */
const known = new Pool<{
  readonly alternatives: readonly (readonly SeriesRequirement[])[] | undefined;
}>(128);

function best(answers: readonly Answer[]): Answer {
  if (answers.includes('yes')) return 'yes';
  return answers.includes('perhaps') ? 'perhaps' : 'no';
}

function matchesAll(requirements: readonly SeriesRequirement[], read: LabelReader): Answer {
  const answers = requirements.map((one) => matchesOne(one, read(one.label)));
  if (answers.includes('no')) return 'no';
  return answers.includes('perhaps') ? 'perhaps' : 'yes';
}

function matchesOne(
  { operator, value: wanted }: SeriesRequirement,
  value: string | undefined,
): Answer {
  if (value === undefined) return 'perhaps';
  if (operator === '=' || operator === '!=') {
    return (value === wanted) === (operator === '=') ? 'yes' : 'no';
  }
  const pattern = patternOf(wanted);
  if (!isPattern(pattern)) return 'perhaps';
  return pattern.matches(value) === (operator === '=~') ? 'yes' : 'no';
}

const selector = /^\s*([a-zA-Z_:][\w:]*)?\s*(?:\{(.*)\})?\s*$/s;
// Texts with escapes are left alone: what they mean depends on the quotes.
const text = /"([^"\\]*)"|'([^'\\]*)'|`([^`\\]*)`/;
const requirement = new RegExp(
  `^\\s*([a-zA-Z_][\\w]*)\\s*(=~|!~|!=|=)\\s*(?:${text.source})\\s*(,|\\bor\\b|$)`,
);

/** The alternatives of a selector, each with all that it requires; undefined where it is not understood. */
function parsed(written: string): SeriesRequirement[][] | undefined {
  const [whole, name, inside = ''] = selector.exec(written) ?? [];
  if (whole === undefined || whole.trim() === '') return undefined;
  const named = name === undefined ? [] : [{ label: '__name__', operator: '=', value: name }];
  const alternatives: SeriesRequirement[][] = [[...named]];
  for (let rest = inside; rest.trim() !== ''; ) {
    const [part, label, operator, double, single, raw, end] = requirement.exec(rest) ?? [];
    if (part === undefined || label === undefined || operator === undefined) return undefined;
    alternatives.at(-1)?.push({ label, operator, value: double ?? single ?? raw ?? '' });
    if (end === 'or') alternatives.push([...named]);
    rest = rest.slice(part.length);
  }
  return alternatives;
}
