import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { parse } from 'yaml';

/** An alert of `deploy/samples/vmrule.yaml`. */
export interface Alert {
  /** The name of its group. */
  readonly group: string;
  readonly alert: string;
  readonly expr: string;
}

const schema = v.object({
  spec: v.object({
    groups: v.array(
      v.object({
        name: v.string(),
        rules: v.array(v.object({ alert: v.string(), expr: v.string() })),
      }),
    ),
  }),
});

/** The alerts of the sample, in its order. */
export function sampleAlerts(): readonly Alert[] {
  const file = new URL('../../deploy/samples/vmrule.yaml', import.meta.url);
  const { spec } = v.parse(schema, parse(readFileSync(file, 'utf8')));
  return spec.groups.flatMap(({ name, rules }) => rules.map((rule) => ({ ...rule, group: name })));
}
