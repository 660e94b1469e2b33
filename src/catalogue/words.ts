import type { Recognition } from './types.ts';

/** The reason of a recognition as people read it, without a full stop. */
export function recognitionText(recognition: Recognition): string {
  const { because } = recognition;
  switch (because.kind) {
    case 'owner':
      return `owned by ${article(because.owner)} ${because.owner} of ${because.group}`;
    case 'part-of':
      return `labelled as part of the database, component ${because.label}`;
    case 'pair':
      return `labelled ${because.name} with component ${because.label}`;
    case 'own-label':
      return `labelled autoscrape.multigres.com/component: ${because.label}`;
    case 'port':
      return `port ${because.port}, in a namespace that asks for injection`;
    case 'image':
      return `image ${because.image}, in a namespace that asks for injection`;
    case 'no-evidence':
      return 'nothing says that it belongs to the database';
    case 'opted-out':
      return 'opted out by autoscrape.multigres.com/scrape: "false"';
    case 'ambiguous':
      return `could be ${because.components.join(' or ')}`;
  }
}

function article(word: string): string {
  return /^[AEIOU]/i.test(word) ? 'an' : 'a';
}
