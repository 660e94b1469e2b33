import type { Unmet } from '../selection/index.ts';
import type { Refusal } from './agents.ts';

/** Says why an agent does not take a scrape: a clause whose subject is the agent. */
export function refusalText(refusal: Refusal): string {
  switch (refusal.because) {
    case 'labels':
      return `takes only scrapes ${wished(refusal.unmet)}`;
    case 'namespace-labels':
      return `takes only scrapes of namespaces ${wished(refusal.unmet)}`;
    case 'other-namespace':
      return 'takes only scrapes of its own namespace';
    case 'takes-nothing':
      return 'takes none, having neither selectors nor selectAllByDefault';
    case 'not-watched':
      return `takes only scrapes of the namespaces that its operator watches (${few(refusal.watched)})`;
    case 'per-node':
      return 'takes no VMServiceScrapes in daemonSetMode';
    case 'scrape-class':
      return `has no scrape class ${JSON.stringify(refusal.name)}`;
    case 'files':
      return `refuses it because ${refusal.field} names a file (arbitraryFSAccessThroughSMs.deny)`;
  }
}

/** `with team: a, without quiet`. */
function wished(lacking: readonly Unmet[]): string {
  return lacking
    .map(({ key, value }) => (value === undefined ? `without ${key}` : `with ${key}: ${value}`))
    .join(', ');
}

function few(names: readonly string[]): string {
  const shown = names.slice(0, names.length > 4 ? 3 : 4).join(', ');
  return names.length > 4 ? `${shown} and ${names.length - 3} more` : shown;
}
