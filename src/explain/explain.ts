import type { Recognisable } from '../catalogue/index.ts';
import type { Pod, Service, Workload } from '../kubernetes/index.ts';
import type { PlanContext } from '../planning/index.ts';
import { coverageSteps, planSteps, readingSteps } from './plan.ts';
import { podsStep, portLines } from './pods.ts';
import { recognitionStep } from './recognition.ts';
import { scrapeSteps } from './scrape.ts';
import { broken, type ExplainContext, type Explanation, type Step, step } from './types.ts';

/** The kinds that can be explained. */
export type ExplainedKind = 'Service' | 'StatefulSet' | 'Deployment' | 'Pod' | 'VMServiceScrape';

/** Which object is meant. */
export interface ExplainedObject {
  readonly kind: ExplainedKind;
  readonly namespace: string;
  readonly name: string;
}

/** What is known of an object before it was admitted. */
export interface Before {
  /** As it was written: what admission adds is no evidence of what it was. Undefined where that is not known. */
  readonly object: Recognisable | undefined;
  /** What admission adds to it, in words. */
  readonly additions: readonly string[];
}

/** The chain of reasoning for one object, as far as it goes; undefined where there is no such object. */
export function explain(
  subject: ExplainedObject,
  context: ExplainContext,
  before: Before,
): Explanation | undefined {
  const steps = stepsOf(subject, context, before);
  if (steps === undefined) return undefined;
  const { kind, namespace, name } = subject;
  return { subject: `${kind} ${namespace}/${name}`, steps };
}

function stepsOf(
  { kind, namespace, name }: ExplainedObject,
  context: ExplainContext,
  before: Before,
): Step[] | undefined {
  const { inventory } = context;
  switch (kind) {
    case 'VMServiceScrape': {
      const scrape = inventory.scrape(namespace, name);
      return scrape === undefined ? undefined : scrapeSteps(scrape, context);
    }
    case 'Service': {
      const service = inventory.service(namespace, name);
      if (service === undefined) return undefined;
      return [
        recognitionStep(before.object ?? service, context),
        ...additionStep(before.additions),
        podsStep(service, context),
        ...planSteps(service, context),
        ...readingSteps(service, context),
        ...coverageSteps(
          context.coverage.filter(
            (one) => one.namespace === namespace && one.services.includes(name),
          ),
        ),
      ];
    }
    case 'StatefulSet':
    case 'Deployment': {
      const workload = inventory.workload(kind, namespace, name);
      return workload === undefined ? undefined : podSteps(workload, context, before);
    }
    case 'Pod': {
      const pod = inventory.pod(namespace, name);
      return pod === undefined ? undefined : podSteps(pod, context, before);
    }
  }
}

function additionStep(additions: readonly string[]): Step[] {
  return additions.length === 0 ? [] : [step('Admission adds to it', additions)];
}

function podSteps(object: Workload | Pod, context: ExplainContext, before: Before): Step[] {
  const shape = object.kind === 'Pod' ? object.shape : object.template;
  const services = context.inventory.servicesSelecting(object.namespace, shape.labels);
  return [
    recognitionStep(before.object ?? object, context),
    ...additionStep(before.additions),
    step('Its containers', portLines(shape)),
    frontStep(services, context),
    ...services.flatMap((service) => planSteps(service, context)),
    ...uniqueSteps(services.flatMap((service) => readingSteps(service, context))),
    ...coverageSteps(coverageOf(object, services, context)),
  ];
}

function frontStep(services: readonly Service[], { inventory }: PlanContext): Step {
  const names = services.map((service) => service.name).join(', ');
  if (services.length > 0) return step(`In front of it: ${names}`);
  return inventory.knowsSome('Service')
    ? broken('No Service selects its pods, so that nothing finds them')
    : step("Whether a Service selects its pods can't be told: no Service is known");
}

function coverageOf(
  object: Workload | Pod,
  services: readonly Service[],
  { coverage }: ExplainContext,
) {
  const names = services.map((service) => service.name).join(',');
  return coverage
    .filter((one) => one.namespace === object.namespace)
    .filter((one) =>
      object.kind === 'Pod'
        ? names !== '' && one.services.join(',') === names
        : one.workload === `${object.kind}/${object.name}`,
    );
}

/** A scrape that reads through several Services is told of once. */
function uniqueSteps(steps: readonly Step[]): Step[] {
  return [...new Map(steps.map((one) => [one.title, one])).values()];
}
