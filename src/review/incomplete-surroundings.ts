import type { Finding, ObjectRef } from '../findings/index.ts';
import { isLookedUp, type Reference, referencesOf, type Surroundings } from '../findings/index.ts';
import type { Scrape } from '../kubernetes/index.ts';
import { agentsIn, knowsAgents, type PlanContext } from '../planning/index.ts';
import { reviewFinding } from './findings.ts';
import { firstOf } from './incomplete.ts';

/**
 * What an audit can't tell of scrapes because their surroundings are not at hand: which agent takes them, and whether
 * the Secrets that they name are there. Secrets are never read from a cluster.
 */
export function incompleteSurroundings(
  scrapes: readonly Scrape[],
  surroundings: Surroundings,
  context: PlanContext,
): Finding[] {
  return [...withoutAgents(scrapes, context), ...withoutSecrets(scrapes, surroundings)];
}

/** Where all agents were read, there is none: that is said of the components. */
function withoutAgents(scrapes: readonly Scrape[], { inventory }: PlanContext): Finding[] {
  if (agentsIn(inventory).length > 0 || knowsAgents(inventory)) return [];
  return firstOf(scrapes.map(refOf), (ref, others) =>
    reviewFinding(
      'incomplete-input',
      ref,
      `there is no VMAgent that scrapes in the input, so that nothing is said of which one takes the scrape${others}`,
      'add the agents, as in: kubectl get vmagents,vmsingles -A -o yaml',
    ),
  );
}

function withoutSecrets(scrapes: readonly Scrape[], surroundings: Surroundings): Finding[] {
  const open = (kind: Reference['kind']) =>
    scrapes.filter((scrape) =>
      referencesOf(scrape).some(
        (one) => one.kind === kind && !isLookedUp(one, scrape.namespace, surroundings),
      ),
    );
  return (['Secret', 'ConfigMap'] as const).flatMap((kind) =>
    firstOf(open(kind).map(refOf), (ref, others) =>
      reviewFinding(
        'incomplete-input',
        ref,
        `there is no ${kind} of its namespace in the input, so that nothing is said of those that it names${others}`,
        `add them to a dump, and name that with -f: autoscrape itself reads no ${kind}s`,
      ),
    ),
  );
}

function refOf({ namespace, name }: Scrape): ObjectRef {
  const apiVersion = 'operator.victoriametrics.com/v1beta1';
  return { apiVersion, kind: 'VMServiceScrape', namespace, name };
}
