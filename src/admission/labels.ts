import { type Entry, standardLabels } from '../catalogue/index.ts';
import type { Finding } from '../findings/index.ts';
import {
  controllerOf,
  isJson,
  isLabelValue,
  type Labels,
  labelOf,
  type Service,
  type Workload,
} from '../kubernetes/index.ts';
import type { PipelineSettings } from '../settings/index.ts';
import { isAbsent } from './absent.ts';
import { finding, quoted } from './findings.ts';
import type { Operation, Pipeline } from './types.ts';

/** The standard labels that admission adds, as the settings name them. */
export type LabelName = keyof PipelineSettings['labels'];

/** Which of them may be added to an object. */
export type LabelChoice = Readonly<Record<LabelName, boolean>>;

/** The values of the standard labels; undefined where there is none to give. */
export type LabelValues = Readonly<Record<LabelName, string | undefined>>;

const names: readonly LabelName[] = ['name', 'instance', 'component', 'partOf'];

/** The keys as they stand in a JSON pointer (RFC 6901: `/` is `~1`). */
const steps: Readonly<Record<LabelName, string>> = {
  name: standardLabels.name.replace('/', '~1'),
  instance: standardLabels.instance.replace('/', '~1'),
  component: standardLabels.component.replace('/', '~1'),
  partOf: standardLabels.partOf.replace('/', '~1'),
};

/** The operator's own label for the cluster that an object belongs to. */
const clusterLabel = 'multigres.com/cluster';

/**
 * The value of each standard label for an object of `entry`: what its own pods say (`pods`: a Service's selector, a
 * workload's template labels), so that object and pods agree; else what the catalogue says. A component of the pods
 * that the catalogue does not know would make the object something else: then the catalogue's own is taken.
 *
 * The instance is the cluster, else the owner, else the object itself.
 */
export function labelValues(
  object: Service | Workload,
  pods: Labels,
  entry: Entry,
  { catalogue }: Pipeline,
): LabelValues {
  const component = labelOf(pods, standardLabels.component);
  return {
    name: said(pods, standardLabels.name) ?? entry.labels.name,
    instance:
      said(pods, standardLabels.instance) ??
      said(object.labels, clusterLabel) ??
      said(pods, clusterLabel) ??
      controllerOf(object)?.name ??
      (object.name === '' ? undefined : object.name),
    component:
      component !== undefined && entry.aliases.includes(component)
        ? component
        : entry.labels.component,
    partOf: said(pods, standardLabels.partOf) ?? catalogue.partOf,
  };
}

/** A label's value where it says something. */
function said(labels: Labels, key: string): string | undefined {
  const value = labelOf(labels, key);
  return value === '' ? undefined : value;
}

/**
 * The operations that add the chosen labels where they are missing and their values valid.
 *
 * @param metadata the object's or the template's metadata as it came: where it is anything but an object with a map
 *   of labels, or without one, it is left alone
 * @param at the JSON pointer of `metadata`
 */
export function missingLabels(
  metadata: unknown,
  at: string,
  values: LabelValues,
  choice: LabelChoice,
): Operation[] {
  if (!isJson(metadata)) return [];
  if (isAbsent(metadata, 'labels')) return wholeMap(at, values, choice);
  const { labels } = metadata;
  if (!isJson(labels)) return [];
  const operations: Operation[] = [];
  for (const name of names) {
    const value = values[name];
    if (!choice[name] || Object.hasOwn(labels, standardLabels[name])) continue;
    if (value === undefined || !isLabelValue(value)) continue;
    operations.push({ op: 'add', path: `${at}/labels/${steps[name]}`, value });
  }
  return operations;
}

/** A member can't be added to a map that is not there: the map is added whole. */
function wholeMap(at: string, values: LabelValues, choice: LabelChoice): Operation[] {
  const labels: Record<string, string> = {};
  for (const name of names) {
    const value = values[name];
    if (!choice[name] || value === undefined || !isLabelValue(value)) continue;
    labels[standardLabels[name]] = value;
  }
  if (Object.keys(labels).length === 0) return [];
  return [{ op: 'add', path: `${at}/labels`, value: labels }];
}

/**
 * Labels that can't be added because Kubernetes would refuse the value, and a component label that says something
 * else than the object was recognised as. Nobody has to act on them.
 */
export function labelFindings(
  object: Service | Workload,
  values: LabelValues,
  entry: Entry,
  { settings }: Pipeline,
): Finding[] {
  const findings: Finding[] = [];
  for (const name of names) {
    const there = labelOf(object.labels, standardLabels[name]);
    const value = values[name];
    if (there === undefined) {
      if (!settings.labels[name] || value === undefined || isLabelValue(value)) continue;
      findings.push(invalidValue(object, name, value));
    } else if (name === 'component' && !isComponentOf(entry, there)) {
      findings.push(otherComponent(object, there, entry));
    }
  }
  return findings;
}

function isComponentOf(entry: Entry, label: string): boolean {
  return label === entry.labels.component || entry.aliases.includes(label);
}

function invalidValue(object: Service | Workload, name: LabelName, value: string): Finding {
  return finding(
    'label-value-invalid',
    object,
    `metadata.labels["${standardLabels[name]}"]`,
    `the label is missing, and ${quoted(value)} can't be its value: Kubernetes takes at most 63 letters, digits, '-', '_' or '.'`,
    'set the label yourself',
  );
}

function otherComponent(object: Service | Workload, there: string, entry: Entry): Finding {
  return finding(
    'label-differs',
    object,
    `metadata.labels["${standardLabels.component}"]`,
    `the label says ${quoted(there)}, while everything else says ${entry.component}`,
    `write ${quoted(entry.labels.component)} if the label is not meant that way`,
  );
}
