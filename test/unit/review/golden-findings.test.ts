import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parseAllDocuments, stringify } from 'yaml';
import type { Finding } from '../../../src/findings/index.ts';
import { targetFindingCodes } from '../../../src/findings/index.ts';
import { editedObject } from '../../../src/kubernetes/index.ts';
import { findingCodes } from '../../../src/report/index.ts';
import { audited, type PlacedFinding, type TriedEdit } from '../../../src/review/index.ts';
import { sampleFindingCodes } from '../../../src/samples/codes.ts';
import { fixed, isPlain, type Plain } from '../../support/fix.ts';
import { expectGolden } from '../../support/golden.ts';
import { fileOf, reviewOf, reviewOptions } from '../../support/review.ts';
import { reviewOf as admissionReviewOf, admitting, answerTo } from '../admission/reviews.ts';
import { kinds } from '../inventory/build.ts';

/**
 * Each documented mistake, in a file of its own: it gets the finding meant and no other, and what the fix says, done to
 * the letter, removes it.
 */
const folder = join(import.meta.dirname, '../../fixtures/findings');
const files = readdirSync(folder).toSorted();

interface Mistake {
  readonly command: string;
  /** `push.endpoint` of the settings, where a mistake needs one. */
  readonly endpoint: string | undefined;
  /** The codes of all findings: one alone, unless a mistake shows in two places. */
  readonly found: readonly string[];
  readonly objects: readonly Plain[];
  /** After the line `# to add`: what a fix may add. */
  readonly additions: readonly Plain[];
}

function mistakeIn(file: string): Mistake {
  const text = readFileSync(join(folder, file), 'utf8');
  const [, command = 'review'] = /^# command: (.*)$/m.exec(text) ?? [];
  const [code = ''] = file.split('.');
  const [, found = code] = /^# found: (.*)$/m.exec(text) ?? [];
  const [, endpoint] = /^# push.endpoint: (.*)$/m.exec(text) ?? [];
  const [objects = '', additions = ''] = text.split('# to add\n');
  return {
    command,
    endpoint,
    found: found.split(', '),
    objects: objectsIn(objects),
    additions: objectsIn(additions),
  };
}

function objectsIn(text: string): Plain[] {
  return parseAllDocuments(text)
    .map((document): unknown => document.toJS())
    .filter(isPlain);
}

/** Objects with edits done; of two documents of one object in the later one. */
function withEdits(objects: readonly Plain[], edits: readonly TriedEdit[]): Plain[] {
  return objects.flatMap((object, at): Plain[] => {
    const isLater = objects.slice(at + 1).some((other) => nameOf(other) === nameOf(object));
    const own = isLater ? [] : edits.filter((edit) => isOf(edit, object));
    if (own.some(({ path }) => path.length === 0)) return [];
    const edited = editedObject(object, own);
    if (edited === undefined) throw new Error(`an edit of ${nameOf(object)} has no place`);
    return [{ ...edited }];
  });
}

function isOf({ object: { kind, namespace, name } }: TriedEdit, object: Plain): boolean {
  return `${kind} ${namespace}/${name}` === nameOf(object);
}

function nameOf({ kind, metadata }: Plain): string {
  if (!isPlain(metadata)) return '';
  return `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
}

interface Told {
  readonly findings: readonly PlacedFinding[];
  readonly missing: readonly Plain[];
}

function told(
  { command, endpoint }: Pick<Mistake, 'command' | 'endpoint'>,
  objects: readonly Plain[],
): Told {
  if (command === 'update') return { findings: toldOfUpdate(objects), missing: [] };
  const input = [fileOf(objects.map((one) => `---\n${stringify(one)}`).join(''))];
  if (command === 'review') {
    const { findings } = reviewOf(input);
    return { findings, missing: [] };
  }
  const known = command === 'audit of everything' ? kinds.map((kind) => ({ kind })) : undefined;
  const options = reviewOptions();
  const { settings } = options.pipeline;
  const push = { ...settings.push, endpoint };
  const pipeline = { ...options.pipeline, settings: { ...settings, push } };
  const { findings, scrapes } = audited(input, { ...options, pipeline, known }).review;
  return { findings, missing: scrapes.map(({ manifest }) => ({ ...manifest })) };
}

/** The second object in the place of the first. */
function toldOfUpdate([before, object]: readonly Plain[]): PlacedFinding[] {
  const { record } = answerTo(admitting(), admissionReviewOf('Service', { object, before }));
  return record.findings.map((finding: Finding) => ({ ...finding, file: '', line: 0 }));
}

test.each(files)('%s gets the finding meant, and its fix removes it', async (file) => {
  const mistake = mistakeIn(file);
  const { found, objects, additions } = mistake;
  const { findings, missing } = told(mistake, objects);
  const [code = ''] = file.split('.');
  expect(findings.map((finding) => finding.code)).toEqual(found);
  const finding = findings.find((one) => one.code === code);
  if (finding === undefined) throw new Error('there is no finding');
  const { severity, field, message, fix } = finding;
  await expectGolden(
    `findings/${file.replace('.yaml', '.txt')}`,
    `${severity} ${field}\n${message}\nFix: ${fix}\n`,
  );
  if (finding.edits !== undefined) {
    const edited = withEdits(objects, finding.edits);
    expect(told(mistake, edited).findings.map((one) => one.code)).not.toContain(code);
  }
  const after = fixed(finding, { objects, additions, missing });
  expect(told(mistake, after).findings).toEqual([]);
});

test('every finding says cause and act in two lines of plain words', () => {
  const long = files.flatMap((file) => {
    const mistake = mistakeIn(file);
    return told(mistake, mistake.objects).findings.filter(({ message, fix }) => {
      const sentences = `${message}. ${fix}`.split(/[.!?] (?=[A-Z])/).length;
      // A change of a MultigresCluster is there to be copied, with its command: only its words count, and an address.
      const words = fix.replaceAll(/\{.*?\}+/g, '{…}').replaceAll(/OTEL_\w+/g, 'NAME');
      const most = words.includes('{…}') ? 500 : 240;
      return message.length + words.length > most || sentences > 2 || fix === '';
    });
  });
  expect(long.map(({ message, fix }) => [message, fix])).toEqual([]);
});

/** The mistakes of which the fix stays a text: it says what to find out, to decide, or to do elsewhere. */
test('the fix of most mistakes is an edit that was tried', () => {
  const texts = files.filter((file) => {
    const mistake = mistakeIn(file);
    const [code = ''] = file.split('.');
    const finding = told(mistake, mistake.objects).findings.find((one) => one.code === code);
    return finding?.edits === undefined;
  });
  expect(texts.map((file) => file.replace('.yaml', ''))).toMatchSnapshot();
});

test('each code of docs/findings.md has a file here, and each file a code', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/findings.md'), 'utf8');
  const documented = [...page.matchAll(/^### (\S+)$/gm)].map(([, code]) => code);
  expect(documented.toSorted()).toEqual([...findingCodes.keys()].toSorted());
  const tried = new Set(files.map((file) => file.split('.')[0]));
  // What agents and stores say is tried with real ones, in test/e2e/targets.test.ts and samples.test.ts.
  const ofServers = new Set<string>([targetFindingCodes, sampleFindingCodes].flatMap(Object.keys));
  const ofObjects = documented.filter((code) => !ofServers.has(code ?? ''));
  expect([...tried].toSorted()).toEqual(ofObjects.toSorted());
});
