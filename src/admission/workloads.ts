import { controllerOf, type Json, type Workload } from '../kubernetes/index.ts';
import type { Component } from './component.ts';
import { type LabelValues, labelFindings, labelValues, missingLabels } from './labels.ts';
import { restoredTemplate, templateAdditions } from './template.ts';
import type { Additions, Operation, Pipeline, ReviewedWrite } from './types.ts';

/**
 * What autoscrape adds to a StatefulSet or Deployment: operations that apply to `raw` as it is, none where nothing is
 * missing. The selector is never touched. A pod template is touched when the workload is made, and only where no
 * controlling owner rewrites it (or where a setting asks for it); later it is restored at most, so that no rollout
 * starts because of us.
 *
 * @param raw the same workload as it came
 */
export function workloadAdditions(
  workload: Workload,
  raw: Json,
  write: ReviewedWrite,
  component: Component,
  pipeline: Pipeline,
): Additions {
  const { entry } = component;
  const values = labelValues(workload, workload.template.labels, entry, pipeline);
  const labels = missingLabels(raw.metadata, '/metadata', values, component.labels);
  const template =
    write.operation === 'UPDATE'
      ? restoredTemplate(workload, raw, write.before, values, component)
      : madeTemplate(workload, raw, values, component, pipeline);
  return {
    operations: [...labels, ...template],
    findings: labelFindings(workload, values, entry, pipeline),
  };
}

function madeTemplate(
  workload: Workload,
  raw: Json,
  values: LabelValues,
  component: Component,
  { settings }: Pipeline,
): Operation[] {
  if (controllerOf(workload) !== undefined && !settings.ownedTemplates) return [];
  return templateAdditions(workload, raw, values, component);
}
