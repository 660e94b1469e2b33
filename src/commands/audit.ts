import process from 'node:process';
import { choiceAmong, choiceOf, filenameFlag, remarkText, skippedText } from '../cli/arguments.ts';
import { accessFlags } from '../cli/cluster-access.ts';
import { type AuditedObjects, allNamespacesFlag, clusterObjects } from '../cli/cluster-objects.ts';
import { type Command, type Shell, strayWords } from '../cli/command.ts';
import { configuration } from '../cli/configuration.ts';
import {
  askServers,
  type ServerEvidence,
  serversOf,
  storeFlags,
  targetFlags,
} from '../cli/evidence.ts';
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
import { hasColours, type Stream, widthOf } from '../cli/terminal.ts';
import { type FileSystem, readManifests } from '../manifests/index.ts';
import {
  auditText,
  githubText,
  gitlabText,
  jsonText,
  junitText,
  pageHtml,
  pageOfAudit,
  reportOf,
  sampleOrder,
  sarifText,
  stateOrder,
  styleFor,
} from '../report/index.ts';
import { audited, type Review } from '../review/index.ts';
import { sampleHeadline } from '../samples/index.ts';
import type { CommandLine, Flag, Settings } from '../settings/index.ts';
import { version } from '../version.ts';

const outputs = ['table', 'json', 'github', 'gitlab', 'sarif', 'junit', 'html'] as const;
type AuditOutput = (typeof outputs)[number];

const help = `Says how the components of a cluster are covered now: which workloads and Services they have, what reads
each of them and why nothing does, which scrapes are missing, and what is wrong with those that are there.
Reads the cluster of the kubeconfig, and changes nothing; with -f, objects that were dumped from one.`;

const exitCodes = `Exit code: 0 clean, 1 findings of that severity, or no component at all, 2 used wrongly, or the objects, a namespace,
the targets or the store can't be read.`;

const flags: ReadonlyMap<string, Flag> = new Map<string, Flag>([
  filenameFlag(
    'Dumped objects instead of a live cluster, as from kubectl get -o yaml. May be given several times.',
  ),
  [
    'namespace',
    {
      kind: 'text',
      short: 'n',
      value: 'NAMESPACE',
      about:
        'Only what concerns this namespace, wherever it lives; a list (a,b) or several times for more. With -f, the one of objects that name none.',
    },
  ],
  allNamespacesFlag,
  [
    'output',
    {
      kind: 'text',
      short: 'o',
      values: outputs,
      usual: 'table',
      about:
        'json has the form of docs/review.schema.json; github, gitlab, sarif and junit are findings as in review; html is a page in one file, which needs no network.',
    },
  ],
  [
    'only',
    {
      kind: 'text',
      value: 'STATE,…',
      about: `Shows the components in these states, all of them, and nothing else; with -o json too. ${[...stateOrder, ...sampleOrder].join(', ')}.`,
    },
  ],
  ...targetFlags,
  ...storeFlags,
  failOnFlag,
  skipFlag,
  ...accessFlags,
]);

/** `autoscrape audit` with the file system that it reads and the stream that its results go to. */
export function auditCommand(files: FileSystem, stream: Stream): Command {
  return {
    usage: 'audit [-f FILE|DIR|-] [flags]',
    help,
    exitCodes,
    flags,
    settings: true,
    run: async (line, shell) => {
      const problems = strayWords(line, 'audit');
      const output = choiceOf(line, 'output', outputs, problems) ?? 'table';
      const only = onlyOf(line, output, problems);
      const failOn = choiceOf(line, 'fail-on', failOnChoices, problems) ?? 'error';
      const skip = skippedCodes(line, problems);
      const servers = await serversOf(line, shell, problems);
      const configured = await configuration(line, shell);
      if ('problems' in configured) problems.push(...configured.problems);
      if (problems.length > 0 || 'problems' in configured) return failed(problems, shell);

      const { settings, catalogue } = configured;
      const read = await objectsOf(line, settings, files, shell);
      if ('problems' in read) return failed(read.problems, shell);
      const examined = audited(read.files, {
        pipeline: { catalogue, settings },
        ownNamespace: settings.kubernetes.namespace,
        defaultNamespace: line.own.get('namespace')?.at(-1) ?? 'default',
        known: read.known,
        namespaces: read.namespaces,
        servesScrapes: read.unserved === undefined,
      });
      const evidence = await askServers(servers, examined, shell);
      if ('problems' in evidence) return failed(evidence.problems, shell);
      const told = withoutCodes(withEvidence(examined.review, evidence), skip);
      shell.out(
        written(output, told, {
          evidence,
          only,
          width: widthOf(stream),
          colours: hasColours(stream, shell.environment),
          source: read.source,
          gaps: [...read.gaps, ...evidence.gaps],
          unserved: read.unserved,
          now: shell.now(),
          failOn,
        }),
      );
      const { coverage, objects } = told;
      if (coverage.length > 0 || objects.some(({ component }) => component !== '')) {
        return exitCode(told, failOn);
      }
      shell.err(`no component was found: ${read.source}\n`);
      return 1;
    },
  };
}

/** The states that are asked for; undefined where none is named. */
function onlyOf(
  line: CommandLine,
  output: AuditOutput,
  problems: string[],
): ReadonlySet<string> | undefined {
  const given = line.own.get('only')?.flatMap((text) => text.split(','));
  if (given === undefined) return undefined;
  if (output !== 'table' && output !== 'json') problems.push(`--only: not with -o ${output}`);
  const known = [...stateOrder, ...sampleOrder];
  return new Set(
    given.flatMap((text) => choiceAmong('--only', text.trim(), known, problems) ?? []),
  );
}

/** An audit with what servers say of it. */
function withEvidence(review: Review, { findings }: ServerEvidence): Review {
  const placed = findings.map((finding) => ({ ...finding, file: '', line: 0 }));
  return { ...review, findings: [...review.findings, ...placed] };
}

export const command: Command = auditCommand(nodeFiles, process.stdout);

function failed(problems: readonly string[], shell: Shell): number {
  shell.err(problems.map((problem) => `${problem}\n`).join(''));
  return 2;
}

async function objectsOf(
  line: CommandLine,
  settings: Settings,
  files: FileSystem,
  shell: Shell,
): Promise<AuditedObjects | { readonly problems: readonly string[] }> {
  const paths = line.own.get('filename') ?? [];
  if (paths.length === 0) {
    const live = await clusterObjects(line, settings, shell, 'audit');
    return 'problem' in live
      ? { problems: [`${live.problem}; or name dumped objects with -f`] }
      : live;
  }
  const read = await readManifests(paths, files);
  if ('problems' in read) return { problems: read.problems.map(remarkText) };
  shell.err(skippedText(read.files.flatMap((file) => file.skipped)));
  const source = `Objects from ${paths.map((path) => (path === '-' ? 'standard input' : path)).join(', ')}`;
  const { files: found } = read;
  return { files: found, known: undefined, namespaces: [], source, gaps: [], unserved: undefined };
}

interface Told {
  readonly evidence: ServerEvidence;
  readonly only: ReadonlySet<string> | undefined;
  readonly width: number | undefined;
  readonly colours: boolean;
  readonly source: string;
  readonly gaps: readonly string[];
  readonly unserved: string | undefined;
  readonly now: Date;
  readonly failOn: FailOn;
}

function written(output: AuditOutput, audit: Review, told: Told): string {
  const { colours, source, gaps, now, evidence, unserved, failOn, only, width } = told;
  const { targets, samples } = evidence;
  // Whatever else is said of coverage follows from it.
  const first = unserved === undefined ? [] : [unserved];
  const headline = samples === undefined ? undefined : sampleHeadline(samples);
  switch (output) {
    case 'table':
      return [
        ...first,
        auditText(audit, styleFor(colours), { targets, samples, only, width }),
      ].join('\n\n');
    case 'json':
      return jsonText({
        ...(unserved === undefined ? {} : { gaps: first }),
        ...(headline === undefined ? {} : { headline }),
        ...reportOf(
          only === undefined
            ? audit
            : { ...audit, coverage: audit.coverage.filter(({ state }) => only.has(state)) },
        ),
        ...(targets === undefined ? {} : { targets }),
        ...(samples === undefined
          ? {}
          : {
              samples: samples.verdicts.filter(
                ({ state }) => only === undefined || only.has(state),
              ),
            }),
      });
    case 'github':
      return `${first.map((text) => `::warning title=autoscrape::${text}\n`).join('')}${githubText(audit.findings)}`;
    case 'gitlab':
      return gitlabText(audit.findings);
    case 'sarif':
      return sarifText(audit.findings);
    case 'junit':
      return junitText(audit, (finding) => isFailing(finding, failOn));
    case 'html':
      return pageHtml(
        pageOfAudit(audit, { version, madeAt: now, source, targets, headline }, [
          ...first,
          ...gaps,
        ]),
      );
  }
}
