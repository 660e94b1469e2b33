import type { Labels } from '../kubernetes/index.ts';
import { type Answer, isEverything, selectsLabels, type Unmet, unmet } from './labels.ts';
import type { Agent, Choice, Surroundings } from './types.ts';

/** A scrape of whichever kind, as an agent chooses it. */
export interface Chosen {
  readonly namespace: string;
  readonly labels: Labels;
}

/** The labels of a namespace, and whether these are all. */
export type LabelsOfNamespace = (name: string) => {
  readonly labels: Labels;
  readonly complete: boolean;
};

/** Why an agent does not take a scrape. */
export type Refusal =
  | { readonly because: 'takes-nothing' }
  | { readonly because: 'per-node' }
  | { readonly because: 'other-namespace' }
  | { readonly because: 'not-watched'; readonly watched: readonly string[] }
  | { readonly because: 'namespace-labels'; readonly unmet: readonly Unmet[] }
  | { readonly because: 'labels'; readonly unmet: readonly Unmet[] };

/** Whether an agent takes a scrape, and why not. */
export type Taking =
  | { readonly answer: 'yes' | 'perhaps' }
  | { readonly answer: 'no'; readonly refusal: Refusal };

function no(refusal: Refusal): Taking {
  return { answer: 'no', refusal };
}

/**
 * Whether an agent takes a scrape of a kind. Source: VictoriaMetrics operator,
 * `internal/controller/operator/factory/k8stools/selectors.go`.
 */
export function taking(
  agent: Agent,
  kind: 'services' | 'pods',
  scrape: Chosen,
  { watched }: Surroundings,
  labelsOfNamespace: LabelsOfNamespace,
): Taking {
  const choice = agent[kind];
  const { selector, namespaceSelector } = choice;
  if (agent.perNode && kind === 'services') return no({ because: 'per-node' });
  if (selector === undefined && namespaceSelector === undefined && !agent.takesAll) {
    return no({ because: 'takes-nothing' });
  }
  const placed = placing(agent, choice, scrape, watched, labelsOfNamespace);
  if (placed.answer === 'no') return placed;
  const labelled = selector === undefined ? 'yes' : selectsLabels(selector, scrape.labels);
  if (labelled === 'no' && selector !== undefined) {
    return no({ because: 'labels', unmet: unmet(selector, scrape.labels) });
  }
  return { answer: labelled === 'yes' && placed.answer === 'yes' ? 'yes' : 'perhaps' };
}

/** Whether the scrape is in a namespace that the agent looks into for scrapes. */
function placing(
  agent: Agent,
  { selector, namespaceSelector }: Choice,
  { namespace }: Chosen,
  watched: Surroundings['watched'],
  labelsOfNamespace: LabelsOfNamespace,
): Taking {
  // An agent elsewhere is another operator's. Of watched namespaces no labels are looked at.
  if (watched?.has(agent.namespace)) {
    return watched.has(namespace)
      ? { answer: 'yes' }
      : no({ because: 'not-watched', watched: [...watched] });
  }
  if (namespaceSelector === undefined) {
    return selector === undefined || namespace === agent.namespace
      ? { answer: 'yes' }
      : no({ because: 'other-namespace' });
  }
  if (isEverything(namespaceSelector)) return { answer: 'yes' };
  const { labels, complete } = labelsOfNamespace(namespace);
  const answer: Answer = selectsLabels(namespaceSelector, labels, complete);
  return answer === 'no'
    ? no({ because: 'namespace-labels', unmet: unmet(namespaceSelector, labels, complete) })
    : { answer };
}

/** Whether an agent looks into a scrape's own namespace alone, and by whose doing. */
export function narrowing(
  agent: Agent,
  { watched }: Surroundings,
): 'ignores' | 'watched' | undefined {
  if (agent.ignoresNamespaces) return 'ignores';
  return watched?.has(agent.namespace) && !agent.hasOwnAccount ? 'watched' : undefined;
}
