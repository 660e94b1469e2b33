import { type Recognition, recognise, standardLabels } from '../catalogue/index.ts';
import type { Finding } from '../findings/index.ts';
import {
  type Json,
  parseService,
  parseWorkload,
  type Service,
  type Workload,
} from '../kubernetes/index.ts';
import { type Component, componentsOf } from './component.ts';
import { finding } from './findings.ts';
import type { LabelChoice, LabelName } from './labels.ts';
import { applied } from './patch.ts';
import type { ReviewedKind } from './routes.ts';
import { serviceAdditions } from './services.ts';
import type { Additions, Operation, PatchFault, Pipeline, ReviewedWrite } from './types.ts';
import { workloadAdditions } from './workloads.ts';

/** The kinds that are patched. */
export type MutatedKind = Exclude<ReviewedKind, 'VMServiceScrape'>;

/** An object that may get additions. */
export interface MutatedObject {
  readonly kind: MutatedKind;
  /** As it came, from JSON or YAML. */
  readonly object: Json;
  /** Of the request: on CREATE the object itself may lack them. */
  readonly namespace: string;
  readonly name: string;
  readonly write: ReviewedWrite;
  /** Whether its namespace asks for weak evidence to count. */
  readonly injected: boolean;
}

/** What an object is, and what is added to it. */
export interface Mutation extends Additions {
  readonly recognition: Recognition;
  /** Why nothing is added after all; undefined where all went well. */
  readonly fault: PatchFault | undefined;
}

/** What is added to an object: a function of the object, the catalogue and the settings. */
export type Mutate = (subject: MutatedObject) => Mutation;

/**
 * Makes the function that the webhook and `review` share. It tries what it adds before it says so: on the object in
 * hand, and once more on the result, which has to be recognised as the same and to lack nothing.
 */
export function mutations(pipeline: Pipeline): Mutate {
  const componentOf = componentsOf(pipeline);
  return function mutate(subject) {
    const object = parse(subject, subject.object);
    const recognition = recognise(object, pipeline.catalogue, subject.injected);
    if (recognition.entry === undefined) {
      return { recognition, operations: [], findings: [], fault: undefined };
    }
    const component = componentOf(recognition.entry);
    const additions = additionsTo(object, subject.object, subject, component, pipeline);
    const fault = faultOf(additions.operations, subject, component, pipeline);
    if (fault === undefined) return { recognition, ...additions, fault };
    const fewer =
      fault === 'patch-not-idempotent'
        ? withFewerLabels(object, subject, component, pipeline)
        : undefined;
    if (fewer !== undefined) return { recognition, ...fewer, fault: undefined };
    return { recognition, operations: [], findings: additions.findings, fault };
  };
}

/** Parsed, with the namespace and name of the request: on CREATE the object itself may lack them. */
function parse(subject: MutatedObject, raw: Json): Service | Workload {
  const { kind, namespace, name } = subject;
  const object = kind === 'Service' ? parseService(raw) : parseWorkload(raw, kind);
  if (object === undefined) throw new TypeError(`${kind} is no JSON object`);
  return object.namespace === namespace && object.name === name
    ? object
    : { ...object, namespace, name };
}

function additionsTo(
  object: Service | Workload,
  raw: Json,
  { write }: MutatedObject,
  component: Component,
  pipeline: Pipeline,
): Additions {
  return object.kind === 'Service'
    ? serviceAdditions(object, raw, write, component, pipeline)
    : workloadAdditions(object, raw, write, component, pipeline);
}

/** Why the operations must not be sent; undefined where they may. */
function faultOf(
  operations: readonly Operation[],
  subject: MutatedObject,
  component: Component,
  pipeline: Pipeline,
): PatchFault | undefined {
  if (operations.length === 0) return undefined;
  const result = tried(subject.object, operations);
  if (result === undefined) return 'patch-does-not-apply';
  const object = parse(subject, result);
  const again = recognise(object, pipeline.catalogue, subject.injected);
  if (again.entry !== component.entry) return 'patch-not-idempotent';
  const more = additionsTo(object, result, subject, component, pipeline);
  return more.operations.length === 0 ? undefined : 'patch-not-idempotent';
}

function tried(object: Json, operations: readonly Operation[]): Json | undefined {
  try {
    return applied(object, operations);
  } catch {
    return undefined;
  }
}

/**
 * Labels turn weak evidence into strong one, and with what else the object says the strong one may mean another
 * entry of the catalogue. Then as few of them as possible are left out.
 */
function withFewerLabels(
  object: Service | Workload,
  subject: MutatedObject,
  component: Component,
  pipeline: Pipeline,
): Additions | undefined {
  for (const left of leftOut) {
    const labels = without(component.labels, left);
    const fewer = { ...component, labels };
    const additions = additionsTo(object, subject.object, subject, fewer, pipeline);
    if (faultOf(additions.operations, subject, fewer, pipeline) !== undefined) continue;
    return {
      operations: additions.operations,
      findings: [...additions.findings, misleading(object, left, component)],
    };
  }
  return undefined;
}

const leftOut: readonly (readonly LabelName[])[] = [
  ['partOf'],
  ['partOf', 'component'],
  ['name', 'instance', 'component', 'partOf'],
];

function without(choice: LabelChoice, left: readonly LabelName[]): LabelChoice {
  return {
    name: choice.name && !left.includes('name'),
    instance: choice.instance && !left.includes('instance'),
    component: choice.component && !left.includes('component'),
    partOf: choice.partOf && !left.includes('partOf'),
  };
}

function misleading(
  object: Service | Workload,
  left: readonly LabelName[],
  { entry }: Component,
): Finding {
  return finding(
    'label-would-mislead',
    object,
    'metadata.labels',
    `${left.map((name) => standardLabels[name]).join(' and ')} would make it another component than ${entry.component}, beside the labels that it has: left out`,
    `write metadata.labels: {${standardLabels.name}: ${entry.labels.name}}, or set all standard labels yourself`,
  );
}
