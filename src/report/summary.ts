import type { Coverage, WantedScrape } from '../planning/index.ts';
import type { Review, ReviewedObject } from '../review/index.ts';
import { severityOrder, stateOrder } from './order.ts';
import {
  aligned,
  counted,
  scrapeCells,
  section,
  severityStyle,
  stateStyle,
  whereOf,
} from './parts.ts';
import { patchWords } from './patch-words.ts';
import { printable, type Style } from './style.ts';

/** A review for people: what was recognised and why, what is added, the scrapes, the coverage, and what is wrong. */
export function summaryText(review: Review, style: Style): string {
  const sections = [
    overview(review),
    recognised(review, style),
    additions(review, style),
    scrapes(review.scrapes, style),
    coverageSection(review.coverage, style),
    findingsSection(review, style),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function overview({ objects, scrapes, findings }: Review): string {
  const files = new Set(objects.map((object) => object.manifest.document.file)).size;
  const known = objects.filter((object) => object.component !== '').length;
  const patched = objects.filter((object) => object.patch.length > 0).length;
  const parts = [
    `${counted(objects.length, 'object')} in ${counted(files, 'file')}`,
    `${known} recognised`,
    `${patched} with additions`,
    counted(scrapes.length, 'scrape'),
    counted(findings.length, 'finding'),
  ];
  return `${parts.join(', ')}.`;
}

function nameOf({ ref }: ReviewedObject): string {
  const { kind, namespace, name } = ref;
  return printable(`${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`);
}

function recognised({ objects }: Review, style: Style): string {
  const known = objects
    .filter((object) => object.component !== '')
    .toSorted((a, b) => order(sortKey(a), sortKey(b)));
  const names = known.map((object) => [object.component, nameOf(object)]);
  const rows = aligned(names);
  const lines = known.map((object, index) => `  ${rows[index]}  ${style.faint(object.because)}`);
  return section('Recognised', lines, style);
}

function sortKey({ component, ref }: ReviewedObject): string {
  return [component, ref.namespace, ref.kind, ref.name].join('\u0000');
}

function order(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function additions({ objects }: Review, style: Style): string {
  const lines = objects
    .filter((object) => object.patch.length > 0)
    .flatMap((object) => [
      `  ${nameOf(object)}  ${style.faint(printable(object.manifest.document.file))}`,
      ...patchWords(object.patch, object.manifest.value).map(
        (words) => `    ${style.good('+')} ${printable(words)}`,
      ),
    ]);
  return section('Additions', lines, style);
}

/** Returns the scrapes that are not stored under their name. */
export function missingOf({ scrapes: wanted, differing: other }: Review): WantedScrape[] {
  const there = new Set(other.map(({ namespace, name }) => `${namespace}/${name}`));
  return wanted.filter(({ namespace, name }) => !there.has(`${namespace}/${name}`));
}

function scrapes(all: readonly WantedScrape[], style: Style): string {
  return section(
    'Scrapes',
    aligned(all.map(scrapeCells)).map((row) => `  ${row.trimEnd()}`),
    style,
  );
}

function coverageSection(coverage: readonly Coverage[], style: Style): string {
  const sorted = coverage.toSorted(
    (a, b) => stateOrder.indexOf(a.state) - stateOrder.indexOf(b.state),
  );
  const rows = aligned(sorted.map((one) => [one.state, one.component, whereOf(one)]));
  const lines = sorted.flatMap((one, index) => {
    const row = rows[index] ?? '';
    const state = row.slice(0, one.state.length);
    return [
      `  ${stateStyle(one.state, style)(state)}${row.slice(one.state.length).trimEnd()}`,
      `    ${style.faint(printable(one.because))}`,
    ];
  });
  return section('Coverage', lines, style);
}

function findingsSection({ findings }: Review, style: Style): string {
  const sorted = findings.toSorted(
    (a, b) => severityOrder.indexOf(a.severity) - severityOrder.indexOf(b.severity),
  );
  const lines = sorted.flatMap((finding) => {
    const { object, field, file, line } = finding;
    const place = file === '' ? '' : `${file}:${line}: `;
    const subject = `${object.kind} ${object.namespace}/${object.name}`;
    const what = field === '' ? subject : `${subject} ${field}`;
    return [
      `  ${severityStyle(finding.severity, style)(finding.severity)} ${printable(place + what)} ${style.faint(`[${finding.code}]`)}`,
      `    ${printable(finding.message)}`,
      ...(finding.fix === '' ? [] : [`    Fix: ${printable(finding.fix)}`]),
    ];
  });
  return section('Findings', lines, style);
}
