import type { Json, Service } from '../kubernetes/index.ts';
import { selectsPods } from '../planning/index.ts';
import type { Component } from './component.ts';
import { labelFindings, labelValues, missingLabels } from './labels.ts';
import { exposedPorts, metricsPorts } from './ports.ts';
import type { Additions, Pipeline, ReviewedWrite } from './types.ts';

/**
 * What autoscrape adds to a Service: operations that apply to `raw` as it is, none where nothing is missing.
 * Nothing at all is added to a Service without pods of its own (ExternalName, or no selector).
 *
 * @param raw the same Service as it came
 * @param write what was stored before decides about findings alone
 */
export function serviceAdditions(
  service: Service,
  raw: Json,
  write: ReviewedWrite,
  component: Component,
  pipeline: Pipeline,
): Additions {
  if (!selectsPods(service)) return { operations: [], findings: [] };
  const { entry, scraped } = component;
  const values = labelValues(service, service.selector ?? {}, entry, pipeline);
  const labels = missingLabels(raw.metadata, '/metadata', values, component.labels);
  const ports = metricsPorts(service, raw, scraped);
  return {
    operations: [...labels, ...ports.operations],
    findings: [
      ...ports.findings,
      ...exposedPorts(service, write.before, scraped),
      ...labelFindings(service, values, entry, pipeline),
    ],
  };
}
