import type { RandomSetUp } from './random-set-ups.ts';

/** How many set-ups have a feature, and in how many of these something can't be told. */
export interface FeatureRow {
  readonly feature: string;
  readonly setUps: number;
  readonly doubtful: number;
}

/** Counts for each feature, most first. @param doubtful the indexes of set-ups in which something can't be told */
export function featureRows(
  setUps: readonly RandomSetUp[],
  doubtful: ReadonlySet<number>,
): FeatureRow[] {
  const rows = new Map<string, FeatureRow>();
  for (const { index, features } of setUps) {
    for (const feature of features) {
      const row = rows.get(feature) ?? { feature, setUps: 0, doubtful: 0 };
      const more = doubtful.has(index) ? 1 : 0;
      rows.set(feature, { feature, setUps: row.setUps + 1, doubtful: row.doubtful + more });
    }
  }
  return [...rows.values()].sort((a, b) => b.setUps - a.setUps || (a.feature < b.feature ? -1 : 1));
}

/** The rows as lines of text: the number of set-ups, the share in which something can't be told, the feature. */
export function featureTable(rows: readonly FeatureRow[]): string {
  return rows
    .map(({ feature, setUps, doubtful }) => {
      const share = `${((100 * doubtful) / setUps).toFixed(1)} %`;
      return `${String(setUps).padStart(6)} ${share.padStart(7)} ${feature}`;
    })
    .join('\n');
}
