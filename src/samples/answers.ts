import * as v from 'valibot';
import type { Vector } from './types.ts';

const sample = v.tuple([v.number(), v.string()]);

/** The answers of `/api/v1/query` (https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries). */
const answerSchema = v.variant('status', [
  v.object({
    status: v.literal('success'),
    data: v.variant('resultType', [
      v.object({ resultType: v.literal('scalar'), result: sample }),
      v.object({
        resultType: v.literal('vector'),
        result: v.array(v.object({ metric: v.record(v.string(), v.string()), value: sample })),
      }),
    ]),
    isPartial: v.optional(v.boolean()),
  }),
  v.object({ status: v.literal('error'), error: v.optional(v.string(), '') }),
]);

/**
 * Reads the answer to an instant query; a scalar is a sample without labels. What is wrong with it otherwise, in words:
 * also that it is partial, as vmselect answers while a part of its storage is away.
 */
export function parseVector(text: string): Vector | { readonly problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const begins = /^\s*</.test(text) ? 'HTML' : 'something else';
    return { problem: `it answers ${begins}, not JSON: is it VictoriaMetrics or Prometheus?` };
  }
  const parsed = v.safeParse(answerSchema, value);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    const where = v.getDotPath(issue) ?? 'the answer';
    return { problem: `it answers JSON, but no samples (${where}: ${issue.message})` };
  }
  const { output } = parsed;
  if (output.status === 'error') return { problem: `it refuses: ${output.error.slice(0, 300)}` };
  if (output.isPartial === true) return { problem: 'its answer is partial' };
  const { data } = output;
  if (data.resultType === 'scalar') {
    return { samples: [{ labels: {}, value: Number(data.result[1]) }] };
  }
  return {
    samples: data.result.map(({ metric, value: [, number] }) => ({
      labels: metric,
      value: Number(number),
    })),
  };
}
