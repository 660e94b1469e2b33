import { type Facet, ownLabels, standardLabels } from '../catalogue/index.ts';
import {
  controllerOf,
  groupOf,
  isObjectName,
  type Labels,
  labelOf,
  parseScrape,
  type Scrape,
  type Service,
} from '../kubernetes/index.ts';
import type { PortChoice } from '../reading/index.ts';
import { sanitised } from '../selection/index.ts';
import { fieldManager } from '../settings/index.ts';
import { isOurs, type PlanContext } from './context.ts';
import type { ManifestEndpoint, ScrapeManifest, WantedScrape } from './types.ts';

/** One facet of a Service that is to be scraped, and how. */
export interface ScrapedFacet {
  readonly facet: Facet;
  readonly choice: PortChoice;
  /** Pod selectors of other Services: what they take is left out. */
  readonly without: readonly Labels[];
}

/**
 * The scrape that a Service should have; undefined where every name that it could have is taken.
 *
 * @param taken names of scrapes in the namespace that others have been given in the same run
 */
export function wantedScrape(
  service: Service,
  scraped: readonly [ScrapedFacet, ...ScrapedFacet[]],
  context: PlanContext,
  taken: (name: string) => boolean,
): WantedScrape | undefined {
  const name = possibleNames(service, context).find(
    (one) => isObjectName(one) && !taken(one) && isFree(one, service, context),
  );
  if (name === undefined) return undefined;
  const [{ facet }] = scraped;
  const plain = manifest(service, name, scraped, context, false);
  const siblings = selectsSibling(plain, service, context);
  return {
    namespace: service.namespace,
    name,
    service: service.name,
    component: facet.component,
    manifest: siblings ? manifest(service, name, scraped, context, true) : plain,
  };
}

/**
 * Names in the order of preference. A scrape of an Etcd, MultiGateway, MultiOrch or MultiPooler is named after it, any
 * other after its Service; the later ones are for a namespace where somebody else has the first.
 */
function possibleNames(service: Service, context: PlanContext): string[] {
  const named = [`${service.name}-metrics`, `${service.name}-autoscrape`];
  const owner = controllerOf(service);
  if (owner === undefined) return named;
  const meaning = context.catalogue.byOwner.get(`${groupOf(owner.apiVersion)} ${owner.kind}`);
  const suffix = meaning?.entry?.owners.find((one) => one.kind === owner.kind)?.scrapeSuffix;
  return suffix === undefined ? named : [`${owner.name}-${suffix}-metrics`, ...named];
}

/**
 * Names that the VictoriaMetrics operator gives to the scrapes of its own components (its
 * `internal/controller/operator/factory/build` prefixes): never taken.
 */
const reserved =
  /^(?:vmsingle|vmcluster|vmagent|vmalert|vmalertmanager|vmauth|vminsert|vmselect|vmstorage|vmanomaly|vlsingle|vlogs|vlagent|vlinsert|vlselect|vlstorage|vlcluster|vtsingle|vtinsert|vtselect|vtstorage|vtcluster)-/;

/**
 * Whether a Service's scrape may have the name: nobody else's scrape has it, no ServiceMonitor (the operator converts
 * it under the same name), and no other Service's scrape of ours that is still needed.
 */
function isFree(name: string, service: Service, context: PlanContext): boolean {
  if (reserved.test(name)) return false;
  const { inventory, settings } = context;
  if (inventory.serviceMonitor(service.namespace, name) !== undefined) return false;
  const stored = inventory.scrape(service.namespace, name);
  if (stored === undefined) return true;
  if (!isOurs(stored, settings)) return false;
  const madeFor = labelOf(stored.annotations, ownLabels.service);
  if (madeFor === undefined || madeFor === service.name) return true;
  const other = inventory.service(service.namespace, madeFor);
  if (other === undefined || other.deleting) return true;
  return inventory.comparableServices(service).some((one) => one.name === madeFor);
}

function manifest(
  service: Service,
  name: string,
  scraped: readonly ScrapedFacet[],
  context: PlanContext,
  narrowed: boolean,
): ScrapeManifest {
  const { scrapes } = context.settings;
  const component = scraped[0]?.facet.component;
  const matchLabels = identity(service, context);
  return {
    apiVersion: 'operator.victoriametrics.com/v1beta1',
    kind: 'VMServiceScrape',
    metadata: {
      name,
      namespace: service.namespace,
      labels: {
        ...scrapes.labels,
        [standardLabels.managedBy]: scrapes.managedBy,
        [standardLabels.partOf]: context.catalogue.partOf,
        ...(component === undefined ? {} : { [standardLabels.component]: component }),
      },
      annotations: { [ownLabels.service]: service.name },
      ownerReferences: owners(service, context),
    },
    spec: {
      selector: Object.keys(matchLabels).length === 0 ? {} : { matchLabels },
      endpoints: scraped.map((one) => endpoint(service, one, narrowed)),
    },
  };
}

function endpoint(service: Service, scraped: ScrapedFacet, narrowed: boolean): ManifestEndpoint {
  const { path, interval } = scraped.facet;
  const read = { ...scraped.choice, path, interval };
  const keep: ManifestRule = {
    action: 'keep',
    sourceLabels: ['__meta_kubernetes_service_name'],
    regex: service.name,
  };
  const relabelConfigs = [...(narrowed ? [keep] : []), ...scraped.without.map(withoutPodsOf)];
  return relabelConfigs.length === 0 ? read : { ...read, relabelConfigs };
}

type ManifestRule = NonNullable<ManifestEndpoint['relabelConfigs']>[number];

/**
 * Drops the targets whose pods a selector takes, whichever pods come: discovery gives each label of a pod as
 * `__meta_kubernetes_pod_label_…`, which is empty for one that the pod lacks as well: of an empty value the presence
 * (`__meta_kubernetes_pod_labelpresent_…`) is asked too. Values are joined by
 * `;` and matched as a whole (VictoriaMetrics, relabelling).
 */
export function withoutPodsOf(selector: Labels): ManifestRule {
  const pairs = Object.entries(selector)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, value]) => {
      const name = sanitised(key);
      const valued = [`__meta_kubernetes_pod_label_${name}`, value] as const;
      const present = [`__meta_kubernetes_pod_labelpresent_${name}`, 'true'] as const;
      return value === '' ? [valued, present] : [valued];
    });
  return {
    action: 'drop',
    sourceLabels: pairs.map(([label]) => label),
    // Of what a label's value may have, a dot alone means something else in an expression.
    regex: pairs.map(([, value]) => value.replaceAll('.', '\\.')).join(';'),
  };
}

/**
 * The labels by which the scrape selects its Service: those that say what it is, and of the database's own, never
 * such as change with a release. A Service that has none of them is selected by all that it has.
 */
function identity(service: Service, context: PlanContext): Labels {
  const groups = context.catalogue.dialects.flatMap((dialect) => dialect.ownerGroups);
  const telling = (key: string): boolean =>
    identifying.has(key) || groups.some((group) => key.startsWith(`${group}/`));
  const all = Object.entries(service.labels)
    .filter(([key, value]) => value !== '' && !key.startsWith('autoscrape.multigres.com/'))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const chosen = all.filter(([key]) => telling(key));
  return Object.fromEntries(chosen.length > 0 ? chosen : all);
}

const identifying: ReadonlySet<string> = new Set([
  standardLabels.name,
  standardLabels.instance,
  standardLabels.component,
  standardLabels.partOf,
]);

/** The resource that owns the Service, else the Service; none for what has no uid, because it is not stored yet. */
function owners(
  service: Service,
  context: PlanContext,
): ScrapeManifest['metadata']['ownerReferences'] {
  const controller = controllerOf(service);
  if (controller !== undefined && controller.uid !== '' && !context.ownerIsGone(controller.uid)) {
    const { apiVersion, kind, name, uid } = controller;
    return [{ apiVersion, kind, name, uid }];
  }
  if (service.uid === '') return [];
  return [{ apiVersion: 'v1', kind: 'Service', name: service.name, uid: service.uid }];
}

/**
 * Whether the manifest would also read another Service: then it has to name the one meant. Hundreds may have the same
 * labels, and this is asked at every look at each of them: the first one that is found is enough.
 */
function selectsSibling(wanted: ScrapeManifest, service: Service, context: PlanContext): boolean {
  const scrape = parseScrape(wanted);
  if (scrape === undefined) return false;
  for (const other of context.inventory.eachServiceSelectedBy(scrape)) {
    if (other.name !== service.name && readsFrom(wanted, other)) return true;
  }
  return false;
}

function readsFrom(wanted: ScrapeManifest, { ports }: Service): boolean {
  return wanted.spec.endpoints.some(
    (one) => one.port === undefined || ports.some((port) => port.name === one.port),
  );
}

/** The scrape as it will be stored, for what looks at scrapes before the API server has it. */
export function asStored(wanted: WantedScrape): Scrape | undefined {
  const scrape = parseScrape(wanted.manifest);
  return scrape === undefined ? undefined : { ...scrape, managers: [fieldManager] };
}
