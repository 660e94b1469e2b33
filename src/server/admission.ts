import type { Admit, Answered } from '../admission/index.ts';
import type { Respond } from './webhook.ts';

/**
 * Answers requests by one webhook's admission function.
 *
 * @param decided told of each answer once it is on its way, with the seconds that it took
 */
export function admissions(
  admit: Admit,
  decided: (outcome: Answered, seconds: number) => void,
): Respond {
  return function respond(review, late) {
    const outcome = admit(review, late);
    if (outcome.kind === 'not-a-review') return { code: outcome.kind, message: outcome.message };
    return {
      answer: JSON.stringify(outcome.answer),
      afterwards: (seconds) => decided(outcome, seconds),
    };
  };
}
