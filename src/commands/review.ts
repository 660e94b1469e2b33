import process from 'node:process';
import { choiceOf, filenameFlag, remarkText, skippedText } from '../cli/arguments.ts';
import type { Command, Shell } from '../cli/command.ts';
import { configuration } from '../cli/configuration.ts';
import {
  exitCode,
  type FailOn,
  failOnChoices,
  failOnFlag,
  isFailing,
  skipFlag,
  skippedCodes,
  withoutCodes,
} from '../cli/exit-code.ts';
import { nodeFiles } from '../cli/node-files.ts';
import { replaceFiles, type WritableFiles } from '../cli/replace-files.ts';
import { hasColours, type Stream } from '../cli/terminal.ts';
import { readManifests, type SourceFile } from '../manifests/index.ts';
import {
  diffText,
  fixedText,
  githubText,
  gitlabText,
  jsonText,
  junitText,
  reportOf,
  sarifText,
  styleFor,
  summaryText,
  yamlText,
} from '../report/index.ts';
import { admittedFiles, fixedFiles, type Review, reviewManifests } from '../review/index.ts';
import type { CommandLine, Flag } from '../settings/index.ts';

const outputs = ['summary', 'yaml', 'diff', 'json', 'github', 'gitlab', 'sarif', 'junit'] as const;
type ReviewOutput = (typeof outputs)[number];

const help = `Says what autoscrape would do to manifests before they reach a cluster: what each object is recognised as
and why, what is added to it, which scrapes are made, what then reads each component, and what is wrong.
Needs no cluster.`;

const exitCodes =
  "Exit code: 0 clean, 1 findings of that severity, 2 used wrongly or something can't be read.";

const flags: ReadonlyMap<string, Flag> = new Map<string, Flag>([
  filenameFlag(
    'YAML, JSON and Lists; of a directory all .yaml, .yml and .json files, those of its directories too; - is standard input, for helm template and kubectl kustomize. May be given several times.',
  ),
  [
    'output',
    {
      kind: 'text',
      short: 'o',
      values: outputs,
      usual: 'summary',
      about:
        'yaml: the objects as admitted, otherwise as they were written. diff: what is added. json: everything, in the form of docs/review.schema.json. github: findings as annotations of a workflow. gitlab, sarif, junit: findings as a report of Code Quality, SARIF 2.1.0 and JUnit.',
    },
  ],
  [
    'namespace',
    {
      kind: 'text',
      short: 'n',
      value: 'NAMESPACE',
      usual: 'default',
      about: 'The namespace of objects that name none.',
    },
  ],
  [
    'fix',
    {
      kind: 'switch',
      about:
        'Writes into the files what findings say should be done, as far as it was tried: comments and order stay, and what is left is told, with the reason. With -o yaml or diff it prints what the files would be.',
    },
  ],
  ['dry-run', { kind: 'switch', about: 'With --fix: prints what would be written, as a diff.' }],
  failOnFlag,
  skipFlag,
]);

/** `autoscrape review` with the file system that it reads and the stream that its results go to. */
export function reviewCommand(files: WritableFiles, stream: Stream): Command {
  return {
    usage: 'review -f FILE|DIR|- [flags]',
    help,
    exitCodes,
    flags,
    settings: true,
    run: async (line, shell) => {
      const read = await readArguments(line, files, shell);
      if ('problems' in read) {
        shell.err(read.problems.map((problem) => `${problem}\n`).join(''));
        return 2;
      }
      const { options, input, failOn, skip } = read;
      shell.err(skippedText(input.flatMap((file) => file.skipped)));
      if (read.fix !== 'no') return await fix(read, files, shell, stream);
      const review = withoutCodes(reviewManifests(input, options), skip);
      shell.out(written(read, review, hasColours(stream, shell.environment)));
      return exitCode(review, failOn);
    },
  };
}

export const command: Command = reviewCommand(nodeFiles, process.stdout);

interface Arguments {
  readonly options: Parameters<typeof reviewManifests>[1];
  readonly input: readonly SourceFile[];
  readonly output: ReviewOutput;
  readonly failOn: FailOn;
  readonly skip: ReadonlySet<string>;
  /** Whether fixes are written into the files, or shown as what these would be. */
  readonly fix: 'no' | 'write' | 'diff' | 'yaml';
}

/** What the command line asks for; or everything that is wrong with it. */
async function readArguments(
  line: CommandLine,
  files: WritableFiles,
  shell: Shell,
): Promise<Arguments | { readonly problems: readonly string[] }> {
  const problems: string[] = [];
  const output = choiceOf(line, 'output', outputs, problems) ?? 'summary';
  const failOn = choiceOf(line, 'fail-on', failOnChoices, problems) ?? 'error';
  const skip = skippedCodes(line, problems);
  for (const stray of line.positionals) {
    problems.push(`${JSON.stringify(stray)} is no flag; name files with -f`);
  }
  const paths = line.own.get('filename') ?? [];
  if (paths.length === 0) {
    problems.push('-f is missing: a file, a directory, or - for standard input');
  }
  const fix = fixOf(line, paths, problems);
  const configured = await configuration(line, shell);
  if ('problems' in configured) problems.push(...configured.problems);
  const read = await readManifests(paths, files);
  if ('problems' in read) problems.push(...read.problems.map(remarkText));
  if (problems.length > 0 || 'problems' in configured || 'problems' in read) return { problems };
  const { settings, catalogue } = configured;
  return {
    options: {
      pipeline: { catalogue, settings },
      ownNamespace: settings.kubernetes.namespace,
      defaultNamespace: line.own.get('namespace')?.at(-1) ?? 'default',
    },
    input: read.files,
    output,
    failOn,
    skip,
    fix,
  };
}

function fixOf(line: CommandLine, paths: readonly string[], problems: string[]): Arguments['fix'] {
  const isDry = line.own.get('dry-run')?.at(-1) === 'true';
  if (line.own.get('fix')?.at(-1) !== 'true') {
    if (isDry) problems.push('--dry-run: it goes with --fix; a review alone changes nothing');
    return 'no';
  }
  const output = line.own.get('output')?.at(-1);
  if (isDry || output === 'diff') return 'diff';
  if (output === 'yaml') return 'yaml';
  if (output !== undefined) {
    problems.push(
      `--fix: found -o ${output}, expected diff or yaml, which show what the files would be, or no -o`,
    );
  }
  if (paths.includes('-')) {
    problems.push("--fix: standard input can't be written to; -o yaml prints what it would be");
  }
  return 'write';
}

/** Writes what stood its trial into the files, or shows what they would be. */
async function fix(
  { options, input, fix: how, failOn }: Arguments,
  files: WritableFiles,
  shell: Shell,
  stream: Stream,
): Promise<number> {
  const fixed = fixedFiles(input, options);
  const style = styleFor(hasColours(stream, shell.environment));
  if (how === 'write') {
    const problems = await replaceFiles(fixed.files, files);
    if (problems.length > 0) {
      shell.err(problems.map((problem) => `${problem}\n`).join(''));
      return 2;
    }
    shell.out(fixedText(fixed, true, style));
  } else {
    shell.out(how === 'yaml' ? yamlText(fixed.files) : diffText(fixed.files, style));
    shell.err(fixedText(fixed, false, styleFor(false)));
  }
  return exitCode(fixed, failOn);
}

function written({ output, input, failOn }: Arguments, review: Review, colours: boolean): string {
  switch (output) {
    case 'summary':
      return summaryText(review, styleFor(colours));
    case 'json':
      return jsonText(reportOf(review));
    case 'github':
      return githubText(review.findings);
    case 'gitlab':
      return gitlabText(review.findings);
    case 'sarif':
      return sarifText(review.findings);
    case 'junit':
      return junitText(review, (finding) => isFailing(finding, failOn));
    case 'yaml':
      return yamlText(admittedFiles(input, review.objects));
    case 'diff':
      return diffText(admittedFiles(input, review.objects), styleFor(colours));
  }
}
