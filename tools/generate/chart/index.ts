import { builtInCatalogue } from '../../../src/catalogue/index.ts';
import { chartAlerts, chartYaml } from './chart.ts';
import { checksTemplate } from './checks.ts';
import { valuesSchema, valuesYaml } from './documents.ts';
import { chartReadme } from './readme.ts';
import { catalogueTemplate, webhooksTemplate } from './registration.ts';
import { settingsFileSchema } from './settings-schema.ts';
import { chartValues } from './values.ts';

export { valuesByPath } from './documents.ts';
export type { Schema, Value, Values } from './values.ts';

/** Where the chart is, from the project's root. */
export const chartFolder = 'deploy/helm/autoscrape';

/** What the chart's files are made of, beside the sources. */
export interface ChartSources {
  /** Of autoscrape. */
  readonly version: string;
  /** The address of the repository on GitHub. */
  readonly repository: string;
  /** The text of `deploy/samples/vmrule.yaml`. */
  readonly rule: string;
}

/** The values of the chart for a version of autoscrape. */
export function valuesOf(version: string) {
  return chartValues(version, settingsFileSchema());
}

/** The files of the chart that are made from others, by their path in it. */
export function chartFiles({ version, repository, rule }: ChartSources): Map<string, string> {
  const catalogue = builtInCatalogue();
  const values = valuesOf(version);
  return new Map([
    ['Chart.yaml', chartYaml(version, repository)],
    ['values.yaml', valuesYaml(values)],
    ['values.schema.json', valuesSchema(values)],
    ['README.md', chartReadme(values)],
    ['templates/webhooks.yaml', webhooksTemplate(catalogue)],
    ['templates/_checks.tpl', checksTemplate(values)],
    ['templates/_catalogue.tpl', catalogueTemplate(catalogue)],
    ['files/alerts.yaml', chartAlerts(rule)],
  ]);
}
