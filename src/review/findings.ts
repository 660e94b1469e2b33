import { coveredObject, type Finding, type ObjectRef, type Severity } from '../findings/index.ts';
import { type NamespacedName, namespacedName } from '../kubernetes/index.ts';
import type { Coverage, WantedScrape } from '../planning/index.ts';
import { type ReviewCode, reviewFindings } from './finding-codes.ts';

/** A finding about an object of the input. */
export function reviewFinding(
  code: ReviewCode,
  object: ObjectRef,
  message: string,
  fix: string,
): Finding {
  const { severity, certain } = reviewFindings[code];
  return { code, severity, object, field: '', message, fix, certain };
}

/**
 * A component that nothing reads.
 *
 * @param missing the scrape that would read it, where there is one to be made
 */
function uncoveredFinding(
  coverage: Coverage,
  missing: WantedScrape | undefined,
  servesScrapes: boolean,
): Finding {
  const { component, because, services } = coverage;
  return reviewFinding(
    'component-uncovered',
    coveredObject(coverage),
    `nothing reads the metrics of ${component}: ${because}`,
    uncoveredFix(services, missing, servesScrapes),
  );
}

function uncoveredFix(
  services: readonly string[],
  missing: WantedScrape | undefined,
  servesScrapes: boolean,
): string {
  if (missing !== undefined) return madeFix(missing, servesScrapes);
  return services.length === 0
    ? 'add a Service whose selector has labels of these pods, and a port for the metrics'
    : 'give a Service in front of these pods a port that leads to the metrics, or declare that port in containers of pods that are labelled app.kubernetes.io/part-of: multigres';
}

function madeFix({ namespace, name }: WantedScrape, servesScrapes: boolean): string {
  if (!servesScrapes) {
    return `install the VictoriaMetrics operator with its definitions: autoscrape then makes VMServiceScrape ${namespace}/${name}`;
  }
  return `run autoscrape, which makes VMServiceScrape ${namespace}/${name}, or apply it: -o json has it whole`;
}

/**
 * What the coverage of a cluster says is wrong: what nothing reads, and what is read more than once.
 *
 * @param missing the scrapes that are wanted and not there
 * @param explained see {@link explainedScrapes}
 * @param silent how much a component counts that sends no metrics
 * @param servesScrapes whether the API server has VMServiceScrapes
 */
export function stateFindings(
  covered: readonly Coverage[],
  missing: readonly WantedScrape[],
  explained: Explained,
  silent: 'off' | 'info' | 'warning',
  servesScrapes = true,
): Finding[] {
  const byService = new Map(
    missing.map((wanted) => [namespacedName(wanted.namespace, wanted.service), wanted]),
  );
  const found = covered.flatMap((one) => {
    const keys = one.services.map((service) => namespacedName(one.namespace, service));
    const [found] = keys.flatMap((key) => byService.get(key) ?? []);
    return one.state === 'uncovered'
      ? [uncoveredFinding(one, found, servesScrapes)]
      : chainFindings(one, found, explained, servesScrapes);
  });
  return silent === 'off' ? found : [...found, ...silentFindings(covered, silent)];
}

/** One finding for all components that one change makes send their metrics. */
function silentFindings(covered: readonly Coverage[], severity: Severity): Finding[] {
  const open = covered.filter(({ state, fix }) => state === 'silent' && fix !== undefined);
  const groups = Map.groupBy(open, ({ namespace, toldBy = '', fix }) =>
    JSON.stringify([namespace, toldBy, fix]),
  );
  return [...groups.values()].flatMap((members): Finding[] => {
    const [first] = members;
    if (first === undefined) return [];
    const names = [...new Set(members.map(({ component }) => component))].sort();
    const message = `${listed(names)} ${names.length === 1 ? 'sends' : 'send'} no metrics as configured`;
    const told = reviewFinding('component-silent', tellerOf(first), message, first.fix ?? '');
    return [{ ...told, severity, alike: members.map(coveredObject) }];
  });
}

/** `a`, `a and b`, `a, b and c`. */
function listed(names: readonly string[]): string {
  const [last = '', ...others] = names.toReversed();
  return others.length === 0 ? last : `${others.reverse().join(', ')} and ${last}`;
}

/** The resource that says where metrics are sent; the pods' own where there is none. */
function tellerOf(coverage: Coverage): ObjectRef {
  const [kind = '', name = ''] = (coverage.toldBy ?? '').split('/');
  if (name === '') return coveredObject(coverage);
  return { apiVersion: 'multigres.com/v1alpha1', kind, namespace: coverage.namespace, name };
}

/** What findings say already is wrong with scrapes: their codes, by `namespace/name` of the scrape. */
export type Explained = ReadonlyMap<NamespacedName, ReadonlySet<Finding['code']>>;

/** What some findings say of scrapes, but for what is only information. */
export function explainedScrapes(findings: readonly Finding[]): Explained {
  const codes = new Map<NamespacedName, Set<Finding['code']>>();
  for (const { code, severity, object, alike = [] } of findings) {
    if (severity === 'info' || object.kind !== 'VMServiceScrape') continue;
    for (const { namespace, name } of [object, ...alike]) {
      const key = namespacedName(namespace, name);
      codes.set(key, (codes.get(key) ?? new Set()).add(code));
    }
  }
  return codes;
}

/**
 * Says what a state other than uncovered has wrong with it; nothing where all is well, or where a finding about the
 * scrape says it already.
 *
 * @param missing the scrape of ours that would read it, where there is one to be made
 * @param explained see {@link explainedScrapes}
 */
function chainFindings(
  coverage: Coverage,
  missing: WantedScrape | undefined,
  explained: Explained,
  servesScrapes: boolean,
): Finding[] {
  const { state, component, because, scrape, scrapeNamespace, scrapeKind, fix } = coverage;
  if (fix !== undefined) return sentFindings(coverage, fix);
  const place = namespacedName(scrapeNamespace, scrape);
  switch (state) {
    case 'duplicated':
      // That one scrape reads through two Services stands there already, with what to write.
      return explained.get(place)?.has('scraped-twice') ? [] : [duplicatedFinding(coverage)];
    case 'unread':
      if (scrapeKind === 'VMServiceScrape' && explained.has(place)) return [];
      return [
        reviewFinding(
          'component-unread',
          coveredObject(coverage),
          `the metrics of ${component} are not read: ${because}`,
          missing === undefined
            ? `put ${scrapeKind} ${place} right, or remove it: autoscrape then makes one`
            : madeFix(missing, servesScrapes),
        ),
      ];
    case 'unknown':
      return [
        reviewFinding(
          'component-unknown',
          coveredObject(coverage),
          `${component}: ${because}`,
          `remove ${scrapeKind} ${place}, or ask its agent: autoscrape audit --targets URL`,
        ),
      ];
    default:
      return [];
  }
}

/** What is wrong with metrics that are sent by OTLP. */
function sentFindings(coverage: Coverage, fix: string): Finding[] {
  const { state, component, because } = coverage;
  const object = coveredObject(coverage);
  if (state === 'unread') {
    const message = `the metrics of ${component} do not arrive: ${because}`;
    return [reviewFinding('component-unread', object, message, fix)];
  }
  return state === 'unknown'
    ? [reviewFinding('component-unknown', object, `${component}: ${because}`, fix)]
    : [];
}

/** A component that is read more than once. */
function duplicatedFinding(coverage: Coverage): Finding {
  return reviewFinding(
    'component-duplicated',
    coveredObject(coverage),
    `the metrics of ${coverage.component} are ${coverage.because}`,
    'remove all but one of these scrapes, or narrow them',
  );
}
