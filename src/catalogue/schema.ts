import * as v from 'valibot';
import { isContainerPortName, isLabelValue } from '../kubernetes/index.ts';
import type { CatalogueData, Entry } from './types.ts';

/** The form of a catalogue file. Defaults live here and nowhere else. */

const name = v.pipe(v.string(), v.nonEmpty('must not be empty'));

const labelValue = v.pipe(
  name,
  v.check(
    isLabelValue,
    (issue) =>
      `${JSON.stringify(issue.input)} is no label value: at most 63 letters, digits, '-', '_' or '.', with a letter or digit at both ends`,
  ),
);

const portName = v.pipe(
  name,
  v.check(
    isContainerPortName,
    (issue) =>
      `${JSON.stringify(issue.input)} is no port name: at most 15 lower-case letters, digits or '-', with at least one letter (RFC 6335)`,
  ),
);

const componentName = v.pipe(
  name,
  v.regex(
    /^[a-z](?:[a-z0-9-]{0,30}[a-z0-9])?$/,
    (issue) =>
      `${JSON.stringify(issue.input)} is no component name: at most 32 lower-case letters, digits or '-', starting with a letter`,
  ),
);

/** https://prometheus.io/docs/concepts/data_model/#metric-names-and-labels */
const metricName = v.pipe(
  v.string(),
  v.regex(
    /^[a-zA-Z_:][a-zA-Z0-9_:]*$/,
    (issue) =>
      `${JSON.stringify(issue.input)} is no metric name: letters, digits, '_' or ':', not starting with a digit`,
  ),
);

/** What vmagent parses: one or more numbers with a unit (VictoriaMetrics, lib/promutil Duration). */
const duration = v.pipe(
  name,
  v.regex(
    /^(?:[0-9]+(?:ms|s|m|h|d|w|y))+$/,
    (issue) => `${JSON.stringify(issue.input)} is no duration: write 30s, 1m or 500ms`,
  ),
);

const portNumber = v.pipe(
  v.number(),
  v.integer('must be a whole number'),
  v.minValue(1, 'a port is 1 or more'),
  v.maxValue(65_535, 'a port is at most 65535'),
);

const facet = v.pipe(
  v.strictObject({
    component: componentName,
    serves: v.picklist(['scrape', 'otlp', 'nothing']),
    port: v.strictObject({
      name: portName,
      number: portNumber,
    }),
    addPort: v.optional(v.boolean(), false),
    optional: v.optional(v.boolean(), false),
    path: v.optional(v.pipe(v.string(), v.startsWith('/', 'must start with /')), '/metrics'),
    interval: v.optional(duration, '30s'),
    instead: v.optional(v.strictObject({ env: name, prefix: name, targetPort: portName })),
    setting: v.optional(name),
    heartbeat: v.optional(
      v.strictObject({ metric: metricName, otlp: v.optional(v.pipe(v.string(), v.nonEmpty())) }),
    ),
    keyMetrics: v.optional(v.array(metricName), []),
  }),
  // Key metrics are for people (tools/generate/components.ts): nothing asks for them at run time, so they are not kept.
  v.transform(({ keyMetrics: _, ...read }) => ({
    ...read,
    instead: read.instead,
    setting: read.setting,
    heartbeat:
      read.heartbeat === undefined
        ? undefined
        : { metric: read.heartbeat.metric, otlp: read.heartbeat.otlp },
  })),
);

const owner = v.pipe(
  v.strictObject({ kind: name, scrapeSuffix: v.optional(labelValue) }),
  v.transform((read) => ({ kind: read.kind, scrapeSuffix: read.scrapeSuffix })),
);

const entry = v.strictObject({
  labels: v.strictObject({ name: labelValue, component: labelValue }),
  aliases: v.optional(v.array(labelValue), []),
  pairIsStrong: v.optional(v.boolean(), false),
  owners: v.optional(v.array(owner), []),
  images: v.optional(v.array(name), []),
  facets: v.pipe(v.array(facet), v.minLength(1, 'an entry has at least one facet')),
});

const dialect = v.pipe(
  v.strictObject({
    name: name,
    ownerGroups: v.optional(v.array(name), []),
    sharedOwnerKinds: v.optional(v.array(name), []),
    entries: v.pipe(v.array(entry), v.minLength(1, 'a dialect has at least one entry')),
  }),
  v.transform((read) => ({
    ...read,
    entries: read.entries.map(
      (one): Entry => ({
        ...one,
        dialect: read.name,
        component: one.facets[0]?.component ?? '',
      }),
    ),
  })),
);

const protocol = v.pipe(
  v.strictObject({ name: portName, number: v.optional(portNumber), speaks: name }),
  v.transform((read) => ({ ...read, number: read.number })),
);

/** At most this many components: each is a label value of our metrics. */
const mostComponents = 64;

export const catalogueSchema: v.GenericSchema<unknown, CatalogueData> = v.pipe(
  v.strictObject({
    partOf: labelValue,
    protocols: v.optional(v.array(protocol), []),
    dialects: v.pipe(v.array(dialect), v.minLength(1, 'a catalogue has at least one dialect')),
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const owners = new Map<string, string>();
    const components = new Set<string>();
    const names = new Set<string>();
    for (const one of dataset.value.dialects) {
      if (names.has(one.name))
        addIssue({ message: `two dialects are called ${JSON.stringify(one.name)}` });
      names.add(one.name);
      for (const group of one.ownerGroups) {
        for (const kind of [
          ...one.sharedOwnerKinds,
          ...one.entries.flatMap((read) => read.owners.map((known) => known.kind)),
        ]) {
          const key = `${kind} of ${group}`;
          const earlier = owners.get(key);
          if (earlier !== undefined)
            addIssue({
              message: `${key} is named twice, in ${earlier} and in ${one.name}: an owner's kind means one thing`,
            });
          owners.set(key, one.name);
        }
      }
      for (const read of one.entries)
        for (const part of read.facets) components.add(part.component);
    }
    if (components.size > mostComponents) {
      addIssue({
        message: `${components.size} components; at most ${mostComponents} are possible`,
      });
    }
  }),
);
