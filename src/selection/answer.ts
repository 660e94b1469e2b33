/** Three answers: `perhaps` where it depends on what is not known. */
export type Answer = 'yes' | 'perhaps' | 'no';

/** Returns the answer to "do both hold?". */
export function both(one: Answer, other: Answer): Answer {
  if (one === 'no' || other === 'no') return 'no';
  return one === 'yes' && other === 'yes' ? 'yes' : 'perhaps';
}
