import * as v from 'valibot';
import type { AgentTargets, TargetLabels } from './types.ts';

const labels = v.optional(v.nullable(v.record(v.string(), v.string())));

/** What Prometheus' API has too; the members that are read, of those that vmagent and VictoriaMetrics send. */
const answerSchema = v.object({
  data: v.object({
    activeTargets: v.nullable(
      v.array(
        v.object({
          scrapePool: v.optional(v.string(), ''),
          scrapeUrl: v.optional(v.string(), ''),
          health: v.optional(v.string(), 'unknown'),
          lastError: v.optional(v.string(), ''),
          lastSamplesScraped: v.optional(v.number()),
          labels,
          discoveredLabels: labels,
        }),
      ),
    ),
    droppedTargets: v.optional(v.nullable(v.array(v.object({ discoveredLabels: labels })))),
  }),
});

/** The targets of an answer of `/api/v1/targets`, or what is wrong with it, in words. */
export function parseTargets(text: string): AgentTargets | { readonly problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const begins = /^\s*</.test(text) ? 'HTML' : 'something else';
    return {
      problem: `it answers ${begins}, not JSON: is it vmagent or a single-node VictoriaMetrics?`,
    };
  }
  const parsed = v.safeParse(answerSchema, value);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    const where = v.getDotPath(issue) ?? 'the answer';
    return { problem: `it answers JSON, but no list of targets (${where}: ${issue.message})` };
  }
  const { activeTargets, droppedTargets } = parsed.output.data;
  return {
    active: (activeTargets ?? []).map((one) => ({
      pool: one.scrapePool,
      url: one.scrapeUrl,
      health: one.health,
      error: one.lastError,
      samples: one.lastSamplesScraped,
      labels: labelsOf(one.labels),
      discovered: labelsOf(one.discoveredLabels),
    })),
    dropped: droppedTargets?.map((one) => labelsOf(one.discoveredLabels)),
  };
}

function labelsOf(found: Readonly<Record<string, string>> | null | undefined): TargetLabels {
  return new Map(Object.entries(found ?? {}));
}
