import { coveredObject, type Finding, type ObjectRef } from '../findings/index.ts';
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
 * @param servesScrapes whether the API server has VMServiceScrapes
 */
export function stateFindings(
  covered: readonly Coverage[],
  missing: readonly WantedScrape[],
  explained: Explained,
  servesScrapes = true,
): Finding[] {
  const byService = new Map(
    missing.map((wanted) => [namespacedName(wanted.namespace, wanted.service), wanted]),
  );
  return covered.flatMap((one) => {
    const keys = one.services.map((service) => namespacedName(one.namespace, service));
    const [found] = keys.flatMap((key) => byService.get(key) ?? []);
    return one.state === 'uncovered'
      ? [uncoveredFinding(one, found, servesScrapes)]
      : chainFindings(one, found, explained, servesScrapes);
  });
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
  const { state, component, because, scrape, scrapeNamespace, scrapeKind } = coverage;
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

/** A component that is read more than once. */
function duplicatedFinding(coverage: Coverage): Finding {
  return reviewFinding(
    'component-duplicated',
    coveredObject(coverage),
    `the metrics of ${coverage.component} are ${coverage.because}`,
    'remove all but one of these scrapes, or narrow them',
  );
}
