import { type Labels, labelOf } from '../kubernetes/index.ts';
import { type CatalogueData, standardLabels } from './types.ts';

/**
 * The label selectors by which the API server is asked for the workloads and pods of components, so that those of
 * everybody else never come here. Together they cover what the catalogue recognises anywhere:
 *
 * - everything that carries the database's `part-of`;
 * - the pairs of `name` and `component` of the dialects that do without it. One selector for all pairs selects a few
 *   too many, which costs a little memory and nothing else: the catalogue decides.
 *
 * What weak evidence alone would recognise can't be asked for by labels: the namespaces that opted in
 * (`autoscrape.multigres.com/inject`) are watched as they are.
 */
export function componentSelectors(catalogue: CatalogueData): string[] {
  const selectors = [`${standardLabels.partOf}=${catalogue.partOf}`];
  const pairs = catalogue.dialects
    .flatMap((dialect) => dialect.entries)
    .filter((entry) => entry.labels.name !== catalogue.partOf);
  if (pairs.length === 0) return selectors;
  const names = among(pairs.map((entry) => entry.labels.name));
  const components = among(pairs.flatMap((entry) => [entry.labels.component, ...entry.aliases]));
  selectors.push(
    `${standardLabels.name} in (${names}),${standardLabels.component} in (${components})`,
  );
  return selectors;
}

/** Whether one of {@link componentSelectors} selects an object with these labels. */
export function isComponentLabelled(labels: Labels, catalogue: CatalogueData): boolean {
  if (labelOf(labels, standardLabels.partOf) === catalogue.partOf) return true;
  const pairs = catalogue.dialects
    .flatMap((dialect) => dialect.entries)
    .filter((entry) => entry.labels.name !== catalogue.partOf);
  const name = labelOf(labels, standardLabels.name);
  const component = labelOf(labels, standardLabels.component);
  return (
    pairs.some((entry) => entry.labels.name === name) &&
    pairs.some((entry) =>
      [entry.labels.component, ...entry.aliases].some((one) => one === component),
    )
  );
}

function among(values: readonly string[]): string {
  return [...new Set(values)].sort().join(',');
}
