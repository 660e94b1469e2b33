import { isDeepStrictEqual } from 'node:util';
import * as v from 'valibot';
import type { RandomSetUp } from './random-set-ups.ts';

/**
 * The rules by which the VictoriaMetrics operator chooses scrapes for a VMAgent, said once more for tests: without any
 * code of ours, over objects as people write them.
 */

const labelsSchema = v.optional(v.record(v.string(), v.string()), {});
const selectorSchema = v.optional(
  v.object({
    matchLabels: labelsSchema,
    matchExpressions: v.optional(
      v.array(
        v.object({
          key: v.string(),
          operator: v.string(),
          values: v.optional(v.array(v.string())),
        }),
      ),
      [],
    ),
  }),
);

const agentSchema = v.object({
  metadata: v.object({ namespace: v.string(), name: v.string() }),
  spec: v.object({
    daemonSetMode: v.optional(v.boolean(), false),
    selectAllByDefault: v.optional(v.boolean(), false),
    serviceScrapeSelector: selectorSchema,
    serviceScrapeNamespaceSelector: selectorSchema,
    scrapeClasses: v.optional(v.array(v.object({ name: v.string() })), []),
    arbitraryFSAccessThroughSMs: v.optional(v.object({ deny: v.boolean() })),
  }),
});

const reference = v.object({ name: v.string(), key: v.string() });
const scrapeSchema = v.object({
  metadata: v.object({ namespace: v.string(), name: v.string(), labels: labelsSchema }),
  spec: v.object({
    scrapeClass: v.optional(v.string()),
    endpoints: v.array(
      v.object({
        bearerTokenFile: v.optional(v.string()),
        basicAuth: v.optional(v.object({ username: reference, password: reference })),
      }),
    ),
  }),
});

type Selector = v.InferOutput<typeof selectorSchema>;
type Labels = Readonly<Record<string, string>>;

/** The name of a Secret that a scrape needs, of its own namespace, and that is not there; undefined where none is. */
export function missingSecret(setUp: RandomSetUp, scrape: unknown): string | undefined {
  const { metadata, spec } = v.parse(scrapeSchema, scrape);
  const wanted = spec.endpoints.flatMap(({ basicAuth }) =>
    basicAuth === undefined ? [] : [basicAuth.username.name, basicAuth.password.name],
  );
  const there = setUp.secrets
    .filter((secret) => secret.metadata.namespace === metadata.namespace)
    .map((secret) => secret.metadata.name);
  return wanted.find((name) => !there.includes(name));
}

/** Whether the operator makes jobs of a scrape for an agent. */
export function isChosen(setUp: RandomSetUp, agent: unknown, scrape: unknown): boolean {
  const { metadata, spec } = v.parse(agentSchema, agent);
  const one = v.parse(scrapeSchema, scrape);
  const byLabels = spec.serviceScrapeSelector;
  const byNamespace = spec.serviceScrapeNamespaceSelector;
  if (spec.daemonSetMode) return false;
  if (byLabels === undefined && byNamespace === undefined && !spec.selectAllByDefault) return false;
  const sameNamespace = metadata.namespace === one.metadata.namespace;
  if (byLabels !== undefined && byNamespace === undefined && !sameNamespace) return false;
  const home = setUp.namespaces.find((item) => item.metadata.name === one.metadata.namespace);
  if (!selects(byNamespace, home?.metadata.labels ?? {})) return false;
  if (!selects(byLabels, one.metadata.labels)) return false;
  const { scrapeClass, endpoints } = one.spec;
  const isClassThere = spec.scrapeClasses.some(({ name }) => name === scrapeClass);
  if (scrapeClass !== undefined && !isClassThere) return false;
  const denies = isDeepStrictEqual(spec.arbitraryFSAccessThroughSMs, { deny: true });
  if (denies && endpoints.some(({ bearerTokenFile }) => bearerTokenFile !== undefined))
    return false;
  return missingSecret(setUp, scrape) === undefined;
}

function selects(selector: Selector, labels: Labels): boolean {
  if (selector === undefined) return true;
  const equal = Object.entries(selector.matchLabels).every(([key, value]) => labels[key] === value);
  return (
    equal &&
    selector.matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      const isListed = value !== undefined && values.includes(value);
      switch (operator) {
        case 'In':
          return isListed;
        case 'NotIn':
          return !isListed;
        case 'Exists':
          return value !== undefined;
        case 'DoesNotExist':
          return value === undefined;
        default:
          throw new Error(`no such operator: ${operator}`);
      }
    })
  );
}
