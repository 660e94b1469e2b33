import { type LabelSelector, type Labels, labelOf } from '../kubernetes/index.ts';
import type { Answer } from './answer.ts';

/** True for a selector that selects everything. */
export function isEverything({ matchLabels, matchExpressions }: LabelSelector): boolean {
  return Object.keys(matchLabels).length + matchExpressions.length === 0;
}

/**
 * Whether a selector selects an object with these labels.
 *
 * @param complete whether these are all labels that it has
 */
export function selectsLabels(selector: LabelSelector, labels: Labels, complete = true): Answer {
  const wrong = unmet(selector, labels, complete);
  if (wrong.some((one) => one.certain)) return 'no';
  return wrong.length === 0 ? 'yes' : 'perhaps';
}

/** What an object lacks to be selected: the label that it should have, or (without a value) should not. */
export interface Unmet {
  readonly key: string;
  readonly value: string | undefined;
  /** False where the label may be there all the same. */
  readonly certain: boolean;
}

/** The requirements of a selector that labels do not fulfil. */
export function unmet(selector: LabelSelector, labels: Labels, complete = true): Unmet[] {
  const equal = Object.entries(selector.matchLabels).map(([key, value]) => ({
    key,
    operator: 'In',
    values: [value],
  }));
  return [...equal, ...selector.matchExpressions].flatMap(({ key, operator, values }): Unmet[] => {
    const actual = labelOf(labels, key);
    const certain = complete || actual !== undefined;
    const [first = ''] = values;
    switch (operator) {
      case 'In':
        return actual !== undefined && values.includes(actual)
          ? []
          : [{ key, value: first, certain }];
      case 'NotIn':
        return actual !== undefined && values.includes(actual)
          ? [{ key, value: undefined, certain }]
          : unknownAbsence(key, actual, complete);
      case 'Exists':
        return actual === undefined ? [{ key, value: 'true', certain }] : [];
      case 'DoesNotExist':
        return actual === undefined
          ? unknownAbsence(key, actual, complete)
          : [{ key, value: undefined, certain }];
      // The operator can't parse it, and says so of the VMAgent: what is selected is not for us to tell.
      default:
        return [{ key, value: undefined, certain: false }];
    }
  });
}

function unknownAbsence(key: string, actual: string | undefined, complete: boolean): Unmet[] {
  return actual === undefined && !complete ? [{ key, value: undefined, certain: false }] : [];
}
