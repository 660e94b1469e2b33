import type { ObjectRef } from '../findings/index.ts';
import type { PlacedFinding, Review } from '../review/index.ts';
import { subjectOf } from './identity.ts';

/** An object that was looked at: a test case. */
interface JunitCase {
  readonly name: string;
  readonly failing: PlacedFinding[];
  readonly others: PlacedFinding[];
}

/**
 * A review as JUnit's XML, which every CI system reads: a suite for each file, a case for each object in it, which
 * fails where it has findings that count. Other findings are in its output.
 *
 * @param counts whether a finding makes its object fail
 */
export function junitText(
  { objects, findings }: Pick<Review, 'objects' | 'findings'>,
  counts: (finding: PlacedFinding) => boolean,
): string {
  const suites = new Map<string, Map<string, JunitCase>>();
  const caseOf = (file: string, ref: ObjectRef): JunitCase => {
    const name = subjectOf({ object: ref, field: '' });
    const suite = suites.get(file) ?? new Map<string, JunitCase>();
    const found = suite.get(name) ?? { name, failing: [], others: [] };
    suites.set(file, suite.set(name, found));
    return found;
  };
  for (const { manifest, ref } of objects) caseOf(manifest.document.file, ref);
  for (const finding of findings) {
    const { failing, others } = caseOf(finding.file, finding.object);
    (counts(finding) ? failing : others).push(finding);
  }
  const all = [...suites.values()].flatMap((suite) => [...suite.values()]);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="autoscrape" ${totals(all)}>`,
    ...[...suites].flatMap(([file, suite]) => suiteLines(nameOf(file), [...suite.values()])),
    '</testsuites>',
    '',
  ].join('\n');
}

function nameOf(file: string): string {
  if (file === '') return 'cluster';
  return file === '-' ? 'standard input' : file;
}

function totals(cases: readonly JunitCase[]): string {
  const failures = cases.filter(({ failing }) => failing.length > 0).length;
  return `tests="${cases.length}" failures="${failures}"`;
}

function suiteLines(name: string, cases: readonly JunitCase[]): string[] {
  return [
    `  <testsuite name="${escaped(name)}" ${totals(cases)} errors="0" skipped="0">`,
    ...cases.flatMap((one) => caseLines(name, one)),
    '  </testsuite>',
  ];
}

function caseLines(suite: string, { name, failing, others }: JunitCase): string[] {
  const start = `    <testcase name="${escaped(name)}" classname="${escaped(suite)}"`;
  if (failing.length + others.length === 0) return [`${start}/>`];
  const [first] = failing;
  return [
    `${start}>`,
    ...(first === undefined
      ? []
      : [
          `      <failure message="${escaped(first.message)}" type="${escaped(first.code)}">${told(failing)}</failure>`,
        ]),
    ...(others.length === 0 ? [] : [`      <system-out>${told(others)}</system-out>`]),
    '    </testcase>',
  ];
}

function told(findings: readonly PlacedFinding[]): string {
  const lines = findings.flatMap((finding) => {
    const { severity, line, code, message, fix } = finding;
    const place = line === 0 ? '' : `line ${line}: `;
    const first = `${severity}: ${place}${subjectOf(finding)}: ${message} [${code}]`;
    return fix === '' ? [first] : [first, `Fix: ${fix}`];
  });
  return escaped(lines.join('\n'));
}

/** Text for XML 1.0: what it can't hold at all becomes a question mark. */
function escaped(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '?')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
