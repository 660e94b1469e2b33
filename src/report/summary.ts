import type { Severity, TargetVerdict } from '../findings/index.ts';
import type { Coverage, CoverageState, ManifestEndpoint, WantedScrape } from '../planning/index.ts';
import type { Review, ReviewedObject } from '../review/index.ts';
import { applyLines, type FindObject, objectFinder } from './apply.ts';
import { severityOrder, stateOrder } from './order.ts';
import { patchWords } from './patch-words.ts';
import { printable, type Style } from './style.ts';

/** A review for people: what was recognised and why, what is added, the scrapes, the coverage, and what is wrong. */
export function summaryText(review: Review, style: Style): string {
  const sections = [
    overview(review),
    recognised(review, style),
    additions('Additions', review, style),
    scrapes('Scrapes', review.scrapes, style),
    coverageSection(review.coverage, style),
    findingsSection(review, style),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

/** An audit for people: the coverage first, then what is missing and what is wrong. */
export function auditText(
  audit: Review,
  style: Style,
  targets: readonly TargetVerdict[] | undefined,
): string {
  const sections = [
    auditOverview(audit),
    coverageSection(audit.coverage, style),
    targetsSection(targets, style),
    scrapes('Missing scrapes, which autoscrape makes where it runs', missingOf(audit), style),
    differing(audit, style),
    additions('What admission would add', audit, style),
    findingsSection(audit, style, objectFinder(audit.objects)),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function auditOverview({ objects, coverage, findings }: Review): string {
  const known = objects.filter((object) => object.component !== '').length;
  const states = stateOrder.flatMap((state) => {
    const count = coverage.filter((one) => one.state === state).length;
    return count === 0 ? [] : [`${count} ${state}`];
  });
  const parts = [`${counted(objects.length, 'object')}, ${known} of components`, ...states];
  return `${[...parts, counted(findings.length, 'finding')].join(', ')}.`;
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

function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}

function section(title: string, lines: readonly string[], style: Style): string {
  return lines.length === 0 ? '' : [style.strong(title), ...lines].join('\n');
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

/** Columns padded to the widest cell, the last one too. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const columns = rows[0]?.length ?? 0;
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
}

function additions(title: string, { objects }: Review, style: Style): string {
  const lines = objects
    .filter((object) => object.patch.length > 0)
    .flatMap((object) => [
      `  ${nameOf(object)}  ${style.faint(printable(object.manifest.document.file))}`,
      ...patchWords(object.patch, object.manifest.value).map(
        (words) => `    ${style.good('+')} ${printable(words)}`,
      ),
    ]);
  return section(title, lines, style);
}

/** Returns the scrapes that are not stored under their name. */
export function missingOf({ scrapes: wanted, differing: other }: Review): WantedScrape[] {
  const there = new Set(other.map(({ namespace, name }) => `${namespace}/${name}`));
  return wanted.filter(({ namespace, name }) => !there.has(`${namespace}/${name}`));
}

function differing({ differing: all }: Review, style: Style): string {
  const rows = all.map(({ namespace, name, at }) => [
    printable(`${namespace}/${name}`),
    `differs at ${printable(at)}`,
  ]);
  return section(
    'Scrapes of autoscrape that differ from what it wants, which it puts right where it runs',
    aligned(rows).map((row) => `  ${row.trimEnd()}`),
    style,
  );
}

function scrapes(title: string, all: readonly WantedScrape[], style: Style): string {
  const rows = all.map((wanted) => [
    printable(`${wanted.namespace}/${wanted.name}`),
    `reads Service ${printable(wanted.service)}: ${wanted.manifest.spec.endpoints.map(endpointText).join('; ')}`,
  ]);
  return section(
    title,
    aligned(rows).map((row) => `  ${row.trimEnd()}`),
    style,
  );
}

function endpointText({ port, targetPort, path, interval }: ManifestEndpoint): string {
  const named = port === undefined ? `targetPort ${String(targetPort)}` : `port ${port}`;
  return `${named}, ${path} every ${interval}`;
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

/** Targets that are not up, each with what to look at; the others are counted. */
function targetsSection(targets: readonly TargetVerdict[] | undefined, style: Style): string {
  if (targets === undefined) return '';
  const wrong = targets.filter(({ state }) => state !== 'up');
  const rows = aligned(
    wrong.map((one) => [one.state, one.component, `${one.namespace}/${one.pod}:${one.port}`]),
  );
  const lines = wrong.flatMap((one, index) => {
    const row = rows[index] ?? '';
    const mark = one.state === 'waiting' ? style.doubtful : style.bad;
    return [
      printable(`  ${row.trimEnd()}`).replace(one.state, mark(one.state)),
      `    ${style.faint(printable(`${one.because}; ${one.fix}`))}`,
    ];
  });
  const up = `  ${style.good(`${targets.length - wrong.length} of ${counted(targets.length, 'target')} up`)}`;
  return section('Targets', [...lines, up], style);
}

/** The workload, else the Services. */
function whereOf({ namespace, workload, services }: Coverage): string {
  const what = workload === '' ? services.map((name) => `Service/${name}`).join(', ') : workload;
  return printable(`${namespace}  ${what}`);
}

function stateStyle(state: CoverageState, style: Style): (text: string) => string {
  switch (state) {
    case 'uncovered':
    case 'unread':
    case 'duplicated':
      return style.bad;
    case 'unknown':
    case 'silent':
      return style.doubtful;
    case 'covered':
    case 'pushed':
      return style.good;
    case 'opted-out':
      return style.faint;
  }
}

/** @param find where to find objects for the commands that do what a fix says; absent where nothing is in a cluster */
function findingsSection({ findings }: Review, style: Style, find?: FindObject): string {
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
      ...(find === undefined ? [] : applyLines(finding.edits ?? [], find)).map(
        (one) => `      ${style.faint(printable(one))}`,
      ),
    ];
  });
  return section('Findings', lines, style);
}

function severityStyle(severity: Severity, style: Style): (text: string) => string {
  switch (severity) {
    case 'error':
      return style.bad;
    case 'warning':
      return style.doubtful;
    case 'info':
      return style.faint;
  }
}
