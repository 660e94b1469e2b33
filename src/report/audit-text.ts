import {
  coveredObject,
  type ObjectRef,
  type TargetVerdict,
  targetFindingCodes,
} from '../findings/index.ts';
import { type Coverage, type CoverageState, states } from '../planning/index.ts';
import type { PlacedFinding, Review, ReviewedObject } from '../review/index.ts';
import {
  ageText,
  type JudgedSamples,
  type SampleState,
  type SampleVerdict,
  sampleHeadline,
} from '../samples/index.ts';
import { applyLines, type FindObject, objectFinder } from './apply.ts';
import { sampleOrder, severityOrder, stateOrder } from './order.ts';
import {
  aligned,
  counted,
  placeCells,
  sampleStyle,
  scrapeCells,
  section,
  severityStyle,
  stateStyle,
  wrapped,
} from './parts.ts';
import { patchWords } from './patch-words.ts';
import { printable, type Style } from './style.ts';
import { missingOf } from './summary.ts';

/** What decides how an audit is told, beside what it found. */
export interface AuditTelling {
  readonly targets: readonly TargetVerdict[] | undefined;
  readonly samples: JudgedSamples | undefined;
  /** The states that are shown, and nothing besides; undefined: what needs attention. */
  readonly only: ReadonlySet<string> | undefined;
  /** Columns of the terminal; undefined: reasons stand in one line. */
  readonly width: number | undefined;
}

/** Places of one reason that are named, and namespaces without a problem. */
const mostPlaces = 20;

/** Objects of one finding that are named. */
const mostObjects = 5;

/**
 * An audit for people: a line for each namespace, and in full what needs attention, each reason once. What is well is
 * counted, and shown by `only`.
 */
export function auditText(audit: Review, style: Style, telling: AuditTelling): string {
  const { samples, only } = telling;
  const shown = only === undefined ? needsAttention : (state: string) => only.has(state);
  const told = new Set<PlacedFinding>();
  const tables = [
    coverageSection(audit, shown, told, style, telling),
    targetsSection(audit, told, style, telling),
    samplesSection(audit, shown, told, style, telling),
  ];
  const sections =
    only === undefined
      ? [
          samples === undefined ? '' : style.strong(printable(sampleHeadline(samples))),
          overview(audit),
          namespacesSection(audit, samples, style),
          ...tables,
          missingScrapes(audit, style),
          differing(audit, style),
          additions(audit, style),
          findingsSection(
            audit.findings.filter((one) => !told.has(one)),
            objectFinder(audit.objects),
            style,
            telling,
          ),
        ]
      : [tables[0] ?? '', tables[2] ?? ''];
  return `${sections.filter((text) => text !== '').join('\n\n')}\n`;
}

function needsAttention(state: CoverageState | SampleState): boolean {
  switch (state) {
    case 'none':
    case 'stale':
    case 'not-known':
      return true;
    case 'sampled':
      return false;
    default:
      return states[state].needsAttention;
  }
}

function overview({ objects, coverage, findings }: Review): string {
  const known = objects.filter((object) => object.component !== '').length;
  const parts = [
    `${counted(objects.length, 'object')}, ${known} of components`,
    ...tallies(coverage),
  ];
  return `${[...parts, counted(findings.length, 'finding')].join(', ')}.`;
}

/** `1 uncovered`, `2 covered`: the states that occur. */
function tallies(coverage: readonly Coverage[]): string[] {
  return stateOrder.flatMap((state) => {
    const count = coverage.filter((one) => one.state === state).length;
    return count === 0 ? [] : [`${count} ${state}`];
  });
}

/** A line for each namespace, those with a problem first. */
function namespacesSection(
  { coverage }: Review,
  samples: JudgedSamples | undefined,
  style: Style,
): string {
  const bySamples = Map.groupBy(samples?.verdicts ?? [], ({ namespace }) => namespace);
  const found = [...Map.groupBy(coverage, ({ namespace }) => namespace)].map(([name, members]) => {
    const verdicts = bySamples.get(name) ?? [];
    const wrong = [...members, ...verdicts].filter(({ state }) => needsAttention(state)).length;
    return { name, members, verdicts, wrong };
  });
  found.sort((a, b) => b.wrong - a.wrong || (a.name < b.name ? -1 : 1));
  const wrong = found.filter((one) => one.wrong > 0).length;
  const shown = found.slice(0, wrong + mostPlaces);
  const rows = [
    ['NAMESPACE', 'COMPONENTS', 'STATES', samples === undefined ? '' : 'SAMPLED'],
    ...shown.map(({ name, members, verdicts }) => [
      printable(name),
      String(members.length),
      tallies(members).join(', '),
      samples === undefined ? '' : sampledText(verdicts),
    ]),
  ];
  const hidden = found.length - shown.length;
  const more = hidden === 0 ? [] : [`  and ${counted(hidden, 'more namespace')} without a problem`];
  return found.length === 0 ? '' : section('Namespaces', [...table(rows, style), ...more], style);
}

/** `2 of 3`: the components that have samples, of those that should. */
function sampledText(verdicts: readonly SampleVerdict[]): string {
  return `${verdicts.filter(({ state }) => state === 'sampled').length} of ${verdicts.length}`;
}

/** Rows under headings, indented. */
function table([headings, ...rows]: readonly (readonly string[])[], style: Style): string[] {
  const [first = '', ...others] = aligned([headings ?? [], ...rows]);
  return [style.faint(`  ${first.trimEnd()}`), ...others.map((row) => `  ${row.trimEnd()}`)];
}

/** A row of a table, and the reason that it shares with others. */
interface Row {
  readonly state: string;
  readonly cells: readonly string[];
  readonly because: string;
  readonly fix: string;
  readonly mark: (text: string) => string;
}

/** Rows with headings; those of one state and reason stand together, and the reason once under them. */
function reasoned(
  headings: readonly string[],
  rows: readonly Row[],
  style: Style,
  { width, only }: AuditTelling,
): string[] {
  if (rows.length === 0) return [];
  const [heading = '', ...lines] = aligned([
    headings,
    ...rows.map(({ state, cells }) => [state, ...cells]),
  ]);
  const numbered = rows.map((row, index) => ({ ...row, line: (lines[index] ?? '').trimEnd() }));
  const groups = Map.groupBy(numbered, ({ state, because }) => `${state}\u0000${because}`);
  const told = [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { state, because, mark } = first;
    const fix = fixOf(group);
    const most = only === undefined ? mostPlaces : group.length;
    const hidden = group.length - most;
    return [
      ...group.slice(0, most).map(({ line }) => `  ${mark(state)}${line.slice(state.length)}`),
      ...(hidden > 0 ? [`  and ${hidden} more, all of them with --only ${state}`] : []),
      ...wrapped(printable(because), '    ', width).map((line) => style.faint(line)),
      ...(fix === '' ? [] : wrapped(`Fix: ${printable(fix)}`, '    ', width)),
    ];
  });
  return [style.faint(`  ${heading.trimEnd()}`), ...told];
}

/** What to do about rows of one reason: where it has names in it, the first stands for all. */
function fixOf(rows: readonly Row[]): string {
  const [first = '', ...others] = new Set(rows.map(({ fix }) => fix));
  return first === '' || others.length === 0 ? first : `${first}; and so for the others`;
}

function coverageSection(
  { coverage, findings }: Review,
  isShown: (state: CoverageState) => boolean,
  told: Set<PlacedFinding>,
  style: Style,
  telling: AuditTelling,
): string {
  const byObject = byCodeAndObject(findings);
  const rows = stateOrder.filter(isShown).flatMap((state) =>
    coverage
      .filter((one) => one.state === state)
      .map((one): Row => {
        const code = states[state].finding;
        const same = code === '' ? undefined : byObject.get(keyOf(code, coveredObject(one)));
        const finding = same?.find(({ message }) => message.includes(one.component));
        if (finding !== undefined) told.add(finding);
        const cells = [one.component, ...placeCells(one), finding === undefined ? '' : `[${code}]`];
        const { because } = one;
        return { state, cells, because, fix: finding?.fix ?? '', mark: stateStyle(state, style) };
      }),
  );
  const headings = ['STATE', 'COMPONENT', 'NAMESPACE', 'PODS OF', ''];
  return section('Coverage', reasoned(headings, rows, style, telling), style);
}

function byCodeAndObject(findings: readonly PlacedFinding[]) {
  return Map.groupBy(findings, ({ code, object }) => keyOf(code, object));
}

function keyOf(code: string, { kind, namespace, name }: ObjectRef): string {
  return JSON.stringify([code, kind, namespace, name]);
}

/** Targets that are not up, each with what to look at; the others are counted. */
function targetsSection(
  { findings }: Review,
  told: Set<PlacedFinding>,
  style: Style,
  telling: AuditTelling,
): string {
  const { targets } = telling;
  if (targets === undefined) return '';
  const wrong = targets.filter(({ state }) => state !== 'up');
  for (const finding of findings)
    if (Object.hasOwn(targetFindingCodes, finding.code)) told.add(finding);
  const rows = wrong.map(({ state, component, namespace, pod, port, because, fix }): Row => {
    const mark = state === 'waiting' ? style.doubtful : style.bad;
    const code = Object.hasOwn(targetFindingCodes, `target-${state}`) ? `[target-${state}]` : '';
    const cells = [component, printable(`${namespace}/${pod}:${port}`), code];
    return { state, cells, because, fix, mark };
  });
  const up = `  ${style.good(`${targets.length - wrong.length} of ${counted(targets.length, 'target')} up`)}`;
  const lines = reasoned(['STATE', 'COMPONENT', 'TARGET', ''], rows, style, telling);
  return section('Targets', [...lines, up], style);
}

function samplesSection(
  { findings }: Review,
  isShown: (state: SampleState) => boolean,
  told: Set<PlacedFinding>,
  style: Style,
  telling: AuditTelling,
): string {
  const { samples } = telling;
  if (samples === undefined) return '';
  const byObject = Map.groupBy(findings, ({ object }) => keyOf('', object));
  const rows = sampleOrder.filter(isShown).flatMap((state) =>
    samples.verdicts
      .filter((one) => one.state === state)
      .map((one): Row => {
        const finding = byObject
          .get(keyOf('', coveredObject(one)))
          ?.find(
            ({ code, message }) => code.startsWith('samples-') && message.endsWith(one.because),
          );
        if (finding !== undefined) told.add(finding);
        const code = finding === undefined ? '' : `[${finding.code}]`;
        const { because, fix } = one;
        const cells = [one.component, ...placeCells(one), sampleText(one), code];
        return { state, cells, because, fix, mark: sampleStyle(state, style) };
      }),
  );
  const headings = ['STATE', 'COMPONENT', 'NAMESPACE', 'PODS OF', 'SAMPLES', ''];
  return section('Samples', reasoned(headings, rows, style, telling), style);
}

function sampleText({ age, series, pods, sampledPods }: SampleVerdict): string {
  return [
    ...(age === undefined ? [] : [`${ageText(age)} old`]),
    ...(series === undefined ? [] : [`${series} series`]),
    `${sampledPods} of ${counted(pods, 'pod')}`,
  ].join(', ');
}

function missingScrapes(audit: Review, style: Style): string {
  const rows = most(aligned(missingOf(audit).map(scrapeCells)), 'scrape');
  return section('Missing scrapes, which autoscrape makes where it runs', rows, style);
}

function differing({ differing: all }: Review, style: Style): string {
  const rows = all.map(({ namespace, name, at }) => [
    printable(`${namespace}/${name}`),
    `differs at ${printable(at)}`,
  ]);
  return section(
    'Scrapes of autoscrape that differ from what it wants, which it puts right where it runs',
    most(aligned(rows), 'scrape'),
    style,
  );
}

/** The first lines, and how many more there are. */
function most(lines: readonly string[], thing: string): string[] {
  const hidden = lines.length - mostPlaces;
  return [
    ...lines.slice(0, mostPlaces).map((line) => `  ${line.trimEnd()}`),
    ...(hidden > 0 ? [`  and ${counted(hidden, `more ${thing}`)}; -o json has all`] : []),
  ];
}

/** What admission would add: objects that lack the same stand together. */
function additions({ objects }: Review, style: Style): string {
  const lacking = objects.filter((object) => object.patch.length > 0);
  const wordsOf = ({ patch, manifest }: ReviewedObject) => patchWords(patch, manifest.value);
  const alike = Map.groupBy(lacking, (object) => wordsOf(object).map(withoutInstance).join('\n'));
  const lines = [...alike].flatMap(([words, members]) => {
    const [only, ...others] = members;
    const shown = only === undefined || others.length > 0 ? words.split('\n') : wordsOf(only);
    return [
      ...namesOf(members, style),
      ...shown.map((one) => `    ${style.good('+')} ${printable(one)}`),
    ];
  });
  return section('What admission would add', lines, style);
}

function namesOf(members: readonly ReviewedObject[], style: Style): string[] {
  const hidden = members.length - mostObjects;
  return [
    ...members.slice(0, mostObjects).map(({ ref, manifest }) => {
      const { kind, namespace, name } = ref;
      const where = printable(`${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`);
      return `  ${where}  ${style.faint(printable(manifest.document.file))}`.trimEnd();
    }),
    ...(hidden > 0 ? [`  and ${counted(hidden, 'more object')}; -o json has all`] : []),
  ];
}

/** The instance is another one for nearly every object. */
function withoutInstance(words: string): string {
  return words.replace(/^(label app\.kubernetes\.io\/instance): .*$/, '$1');
}

/**
 * Findings of one code that say the same stand together; of those that only tell, one stands for all of a code.
 *
 * @param find where to find objects for the commands that do what a fix says
 */
function findingsSection(
  findings: readonly PlacedFinding[],
  find: FindObject,
  style: Style,
  { width }: AuditTelling,
): string {
  const lines = severityOrder.flatMap((severity) => {
    const ofSeverity = findings.filter((one) => one.severity === severity);
    const alike = Map.groupBy(ofSeverity, ({ code, message, fix }) =>
      severity === 'info' ? code : [code, message, fix].join('\u0000'),
    );
    return [...alike.values()].flatMap((members) => findingLines(members, find, style, width));
  });
  return section('Findings', lines, style);
}

function findingLines(
  members: readonly PlacedFinding[],
  find: FindObject,
  style: Style,
  width: number | undefined,
): string[] {
  const [first] = members;
  if (first === undefined) return [];
  const { code, severity, message, fix } = first;
  // What only tells differs in its words: those of the first stand there.
  const shown = severity === 'info' ? 1 : mostObjects;
  const hidden = members.length - shown;
  const mark = severityStyle(severity, style);
  return [
    ...members
      .slice(0, shown)
      .map((one) => `  ${mark(severity)} ${printable(subjectOf(one))} ${style.faint(`[${code}]`)}`),
    ...(hidden > 0 ? [`  and ${hidden} more like it; -o json has all`] : []),
    ...wrapped(printable(message), '    ', width),
    ...(fix === '' ? [] : wrapped(`Fix: ${printable(fix)}`, '    ', width)),
    ...applyLines(
      members.slice(0, shown).flatMap(({ edits = [] }) => edits),
      find,
    ).map((line) => `      ${style.faint(printable(line))}`),
  ];
}

function subjectOf({ object, field, file, line }: PlacedFinding): string {
  const place = file === '' ? '' : `${file}:${line}: `;
  const subject = `${object.kind} ${object.namespace}/${object.name}`;
  return place + (field === '' ? subject : `${subject} ${field}`);
}
