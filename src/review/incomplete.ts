import { type Catalogue, identify } from '../catalogue/index.ts';
import type { Finding, ObjectRef } from '../findings/index.ts';
import { groupOf, type Service } from '../kubernetes/index.ts';
import { identified, isScraped, type PlanContext } from '../planning/index.ts';
import { reviewFinding } from './findings.ts';

/**
 * What can't be told because the input lacks a kind of object altogether. A folder without any Service is a part of
 * something, not a cluster in which nothing is reachable.
 *
 * @param refs every object of the input
 */
export function incompleteInput(refs: readonly ObjectRef[], context: PlanContext): Finding[] {
  return [
    ...withoutServices(refs, context),
    ...withoutScrapes(context),
    ...withoutPods(context),
    ...withoutChildren(refs, context),
  ];
}

function withoutServices(refs: readonly ObjectRef[], context: PlanContext): Finding[] {
  const { inventory } = context;
  if (inventory.knowsSome('Service')) return [];
  const pods = [...inventory.workloads(), ...inventory.pods()].filter((object) =>
    identified(object, context).entry?.facets.some((facet) => isScraped(facet, context.settings)),
  );
  const scrapes = refs.filter((ref) => ref.kind === 'VMServiceScrape');
  const fix = 'add the Services, as in: kubectl get services -o yaml';
  return [
    ...firstOf(pods.map(refOf), (ref, others) =>
      reviewFinding(
        'incomplete-input',
        ref,
        `there is no Service in the input, so that nothing is said of what reads its metrics${others}`,
        fix,
      ),
    ),
    ...firstOf(scrapes, (ref, others) =>
      reviewFinding(
        'incomplete-input',
        ref,
        `there is no Service in the input, so that nothing is said of what it selects${others}`,
        fix,
      ),
    ),
  ];
}

/** Where it matters what reads a component now, and not what would. */
function withoutScrapes(context: PlanContext): Finding[] {
  const { inventory } = context;
  if (inventory.knows('VMServiceScrape') || !inventory.knowsSome('Service')) return [];
  return firstOf(scrapedServices(context).map(refOf), (ref, others) =>
    reviewFinding(
      'incomplete-input',
      ref,
      `there is no VMServiceScrape in the input, so that nothing is said of what reads its metrics${others}`,
      'add the scrapes, as in: kubectl get vmservicescrapes -o yaml; or see what would be made: autoscrape review',
    ),
  );
}

/** Services alone are enough to plan scrapes, but not to tell whether a component sends its metrics. */
function withoutPods(context: PlanContext): Finding[] {
  const { inventory, settings } = context;
  const anyPods = (['Pod', 'StatefulSet', 'Deployment'] as const).some((kind) =>
    inventory.knowsSome(kind),
  );
  if (anyPods) return [];
  const services = [...inventory.services()].filter((service) =>
    identified(service, context).entry?.facets.some(
      (facet) => facet.serves === 'otlp' && !isScraped(facet, settings),
    ),
  );
  return firstOf(services.map(refOf), (ref, others) =>
    reviewFinding(
      'incomplete-input',
      ref,
      `there is no workload or pod in the input, so that nothing shows whether the component behind it sends its metrics${others}`,
      'add the workloads, as in: kubectl get statefulsets,deployments,pods -o yaml',
    ),
  );
}

/** The Services of components that are scraped. */
function scrapedServices(context: PlanContext): Service[] {
  return [...context.inventory.services()].filter((service) =>
    identified(service, context).entry?.facets.some((facet) => isScraped(facet, context.settings)),
  );
}

/** Targets are pods: an agent's can't be told without them. */
export function podsMissing(context: PlanContext): Finding[] {
  const { inventory } = context;
  if (inventory.knowsSome('Pod')) return [];
  return firstOf(scrapedServices(context).map(refOf), (ref, others) =>
    reviewFinding(
      'incomplete-input',
      ref,
      `there is no pod in the input, so that nothing is said of the targets behind it${others}`,
      'add the pods, as in: kubectl get pods -o yaml',
    ),
  );
}

/** A resource of the database of which an operator makes everything else: it says nothing by itself. */
function withoutChildren(refs: readonly ObjectRef[], context: PlanContext): Finding[] {
  const { inventory, catalogue } = context;
  const children = [...inventory.services(), ...inventory.workloads(), ...inventory.pods()];
  if (children.some((child) => identify(child, catalogue, false).entry !== undefined)) return [];
  const owners = refs.filter((ref) => isOwner(ref, catalogue));
  return firstOf(owners, (ref, others) =>
    reviewFinding(
      'incomplete-input',
      ref,
      `what its operator makes of it is not in the input${others}`,
      'review that too, as in: kubectl get services,statefulsets,deployments,pods -o yaml | autoscrape review -f -',
    ),
  );
}

function isOwner({ apiVersion, kind }: ObjectRef, catalogue: Catalogue): boolean {
  return catalogue.byOwner.has(`${groupOf(apiVersion)} ${kind}`);
}

/** One finding for all objects alike, at the first of them. */
export function firstOf(
  refs: readonly ObjectRef[],
  finding: (ref: ObjectRef, others: string) => Finding,
): Finding[] {
  const [ref, ...others] = refs.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  if (ref === undefined) return [];
  return [finding(ref, others.length === 0 ? '' : ` (the same is true of ${others.length} more)`)];
}

function keyOf({ namespace, kind, name }: ObjectRef): string {
  return `${namespace}\u0000${kind}\u0000${name}`;
}

interface NamedObject {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

function refOf({ kind, namespace, name }: NamedObject): ObjectRef {
  const isCore = kind === 'Service' || kind === 'Pod';
  return { apiVersion: isCore ? 'v1' : 'apps/v1', kind, namespace, name };
}
