import {
  type Agent,
  child,
  isJson,
  type Labels,
  list,
  type ScrapeKind,
  text,
} from '../kubernetes/index.ts';
import type { Answer } from '../selection/index.ts';
import { isEverything, selectsLabels, type Unmet, unmet } from '../selection/index.ts';
import type { JobOptions } from './job-options.ts';

/** A scrape of whichever kind, as an agent chooses it. */
export interface ChosenScrape {
  readonly namespace: string;
  readonly labels: Labels;
  readonly scrapeClass: string | undefined;
  /** Its `spec`, where endpoints that name files are looked for. */
  readonly spec: unknown;
  /** Why it is too large to judge: then these may not be all of its labels. */
  readonly tooLarge?: string;
}

/** Reads the labels of a namespace, and says whether these are all. */
export type LabelsOfNamespace = (name: string) => {
  readonly labels: Labels;
  readonly complete: boolean;
};

/** The reason for which an agent does not take a scrape. */
export type Refusal =
  | { readonly because: 'takes-nothing' }
  | { readonly because: 'per-node' }
  | { readonly because: 'other-namespace' }
  | { readonly because: 'not-watched'; readonly watched: readonly string[] }
  | { readonly because: 'namespace-labels'; readonly unmet: readonly Unmet[] }
  | { readonly because: 'labels'; readonly unmet: readonly Unmet[] }
  /** `scrapeClass` names a class that the agent does not have. */
  | { readonly because: 'scrape-class'; readonly name: string }
  /** An endpoint names a file, and the agent has `arbitraryFSAccessThroughSMs.deny`. */
  | { readonly because: 'files'; readonly field: string };

/** Says whether an agent takes a scrape, and why not. */
export type Taking =
  | { readonly answer: 'yes' | 'perhaps' }
  | { readonly answer: 'no'; readonly refusal: Refusal };

function no(refusal: Refusal): Taking {
  return { answer: 'no', refusal };
}

/**
 * Says whether an agent takes a scrape of a kind, as far as both of them show. Source: VictoriaMetrics operator,
 * `internal/controller/operator/factory/k8stools/selectors.go` and `factory/vmscrapes/objects.go`.
 *
 * @param watched the namespaces that the operator watches; undefined for all, or where it is not known
 */
export function taking(
  agent: Agent,
  kind: ScrapeKind,
  scrape: ChosenScrape,
  watched: ReadonlySet<string> | undefined,
  labelsOfNamespace: LabelsOfNamespace,
): Taking {
  if (agent.tooLarge !== undefined) return { answer: 'perhaps' };
  const { selector, namespaceSelector } = agent.choices[kind];
  if (agent.perNode && kind !== 'podScrape') return no({ because: 'per-node' });
  if (selector === undefined && namespaceSelector === undefined && !agent.takesAll) {
    return no({ because: 'takes-nothing' });
  }
  const placed = placing(agent, kind, scrape, watched, labelsOfNamespace);
  if (placed.answer === 'no') return placed;
  const complete = scrape.tooLarge === undefined;
  const labelled =
    selector === undefined ? 'yes' : selectsLabels(selector, scrape.labels, complete);
  if (labelled === 'no' && selector !== undefined) {
    return no({ because: 'labels', unmet: unmet(selector, scrape.labels, complete) });
  }
  const name = scrape.scrapeClass;
  if (name !== undefined && !agent.classes.some((one) => one.name === name)) {
    return no({ because: 'scrape-class', name });
  }
  const field = agent.deniesFiles ? fileOf(scrape.spec) : undefined;
  if (field !== undefined) return no({ because: 'files', field });
  return { answer: labelled === 'yes' && placed.answer === 'yes' ? 'yes' : 'perhaps' };
}

/** Whether the scrape is in a namespace that the agent looks into for scrapes. */
function placing(
  agent: Agent,
  kind: ScrapeKind,
  { namespace }: ChosenScrape,
  watched: ReadonlySet<string> | undefined,
  labelsOfNamespace: LabelsOfNamespace,
): Taking {
  const { selector, namespaceSelector } = agent.choices[kind];
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

/** Fields of an endpoint that name a file (operator, `api/operator/v1beta1/common_scrapeparams.go`). */
const files = [
  ['bearerTokenFile'],
  ['basicAuth', 'password_file'],
  ['basicAuth', 'passwordFile'],
  ['oauth2', 'client_secret_file'],
  ['oauth2', 'clientSecretFile'],
  ['tlsConfig', 'caFile'],
  ['tlsConfig', 'certFile'],
  ['tlsConfig', 'keyFile'],
  ['authorization', 'credentialsFile'],
  ['vm_scrape_params', 'proxy_client_config', 'bearer_token_file'],
] as const;

/** The first field of any endpoint that names a file, as a path from `spec` on. */
function fileOf(spec: unknown): string | undefined {
  if (!isJson(spec)) return undefined;
  for (const key of ['endpoints', 'podMetricsEndpoints', 'targetEndpoints']) {
    for (const [index, endpoint] of list(spec, key).entries()) {
      const path = files.find((one) => namesFile(endpoint, one));
      if (path !== undefined) return `${key}[${index}].${path.join('.')}`;
    }
  }
  return undefined;
}

function namesFile(endpoint: unknown, path: readonly string[]): boolean {
  let at = isJson(endpoint) ? endpoint : undefined;
  for (const key of path.slice(0, -1)) at = child(at, key);
  return (text(at, path.at(-1) ?? '') ?? '') !== '';
}

/**
 * Says by whose doing an agent looks into a scrape's own namespace alone; undefined where it looks where the scrape
 * says. `perhaps-ignores`: with `ignoreNamespaceSelectors`, which narrows in operators up to v0.68 and does nothing
 * from v0.70 on.
 */
export function narrowing(
  agent: Agent,
  watched: ReadonlySet<string> | undefined,
): 'perhaps-ignores' | 'watched' | undefined {
  if (watched?.has(agent.namespace) && !agent.hasOwnAccount) return 'watched';
  return agent.ignoresNamespaces ? 'perhaps-ignores' : undefined;
}

/** Options of each agent by the class that a scrape names: the same object for the same question. */
const known = new WeakMap<Agent, Map<string, JobOptions>>();

/**
 * Returns what an agent adds to the jobs of a scrape; undefined where it adds nothing that matters to what is read.
 *
 * @param ownNamespaceOnly whether the agent looks into the scrape's own namespace alone
 */
export function jobOptionsOf(
  agent: Agent,
  scrapeClass: string | undefined,
  ownNamespaceOnly: boolean,
): JobOptions | undefined {
  const { serviceTemplate, globalRules, selectsAtApiServer } = agent;
  const chosen = classFor(agent, scrapeClass);
  const changes =
    serviceTemplate.length + globalRules.length + (chosen?.relabelConfigs.length ?? 0) > 0 ||
    agent.enforcedNamespaceLabel !== '' ||
    selectsAtApiServer ||
    ownNamespaceOnly;
  if (!changes) return undefined;
  const options = known.get(agent) ?? new Map<string, JobOptions>();
  known.set(agent, options);
  const key = `${ownNamespaceOnly} ${chosen?.name ?? ''}`;
  const made = options.get(key) ?? wholeOptions(agent, scrapeClass, ownNamespaceOnly);
  options.set(key, made);
  return made;
}

/** Returns all that an agent adds to the jobs of a scrape: for showing them. */
export function wholeOptions(
  agent: Agent,
  scrapeClass: string | undefined,
  ownNamespaceOnly: boolean,
): JobOptions {
  const chosen = classFor(agent, scrapeClass);
  return {
    firstRules: agent.globalRules,
    ...(chosen === undefined ? {} : { scrapeClass: chosen }),
    lastRules: agent.serviceTemplate,
    enforcedNamespaceLabel: agent.enforcedNamespaceLabel,
    overridesHonorLabels: agent.overridesHonorLabels,
    overridesHonorTimestamps: agent.overridesHonorTimestamps,
    minInterval: agent.minInterval,
    maxInterval: agent.maxInterval,
    selectsAtApiServer: agent.selectsAtApiServer,
    ownNamespaceOnly,
  };
}

/** The class that a scrape names, else the agent's default one (operator, `getScrapeClass`). */
export function classFor({ classes }: Agent, name: string | undefined) {
  return (
    classes.find((one) => one.name === (name ?? '')) ?? classes.findLast((one) => one.isDefault)
  );
}

/** `VMAgent monitoring/main`. */
export function agentName({ kind, namespace, name }: Agent): string {
  return `${kind} ${namespace}/${name}`;
}

/** The name of an agent in the type of a condition: `main.monitoring.vmagent`. */
export function conditionName({ kind, namespace, name }: Agent): string {
  return `${name}.${namespace}.${kind.toLowerCase()}`;
}

/** Whether two agents write to a common store. Where one of them shows no address, that is taken to be so. */
export function shareStore(one: Agent, other: Agent): boolean {
  if (one.stores.length === 0 || other.stores.length === 0) return true;
  const theirs = new Set(other.stores.map(storeKey));
  return one.stores.some((store) => theirs.has(storeKey(store)));
}

/** A store by its address: a Service may be named with or without the cluster's domain. */
function storeKey(address: string): string {
  return address.replace(/^https?:\/\//, '').replace(/\.svc(?:\.[a-z0-9.-]+?)?(?=[:/]|$)/, '.svc');
}
