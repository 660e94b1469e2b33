import process from 'node:process';
import { choiceOf, filenameFlag, remarkText, skippedText } from '../cli/arguments.ts';
import { type AgentAddress, agentAddress, askAgent } from '../cli/ask-agent.ts';
import { accessFlags } from '../cli/cluster-access.ts';
import { type Command, type Shell, strayWords } from '../cli/command.ts';
import { configuration } from '../cli/configuration.ts';
import {
  exitCode,
  type FailOn,
  failOnChoices,
  failOnFlag,
  isFailing,
  listOf,
  skipFlag,
  skippedCodes,
  withoutCodes,
} from '../cli/exit-code.ts';
import { type LiveInput, liveInput } from '../cli/live-input.ts';
import { nodeFiles } from '../cli/node-files.ts';
import { hasColours, type Stream } from '../cli/terminal.ts';
import {
  type AgentTargets,
  expectedTargets,
  judgeTargets,
  type TargetVerdict,
  targetFindings,
} from '../findings/index.ts';
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
  sarifText,
  styleFor,
} from '../report/index.ts';
import { audited, type Examined, podsMissing, type Review } from '../review/index.ts';
import type { CommandLine, Flag, Settings } from '../settings/index.ts';
import { version } from '../version.ts';

const outputs = ['table', 'json', 'github', 'gitlab', 'sarif', 'junit', 'html'] as const;
type AuditOutput = (typeof outputs)[number];

const help = `Says how the components of a cluster are covered now: which workloads and Services they have, what reads
each of them and why nothing does, which scrapes are missing, and what is wrong with those that are there.
Reads the cluster of the kubeconfig, and changes nothing; with -f, objects that were dumped from one.`;

const exitCodes = `Exit code: 0 clean, 1 findings of that severity, or no component at all, 2 used wrongly, or the objects, a namespace
or the targets can't be read.`;

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
  [
    'all-namespaces',
    {
      kind: 'switch',
      short: 'A',
      about: 'All namespaces, also with -n. Without either it is all of them too.',
    },
  ],
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
    'targets',
    {
      kind: 'text',
      value: 'URL',
      about:
        'Also asks vmagent or a single-node VictoriaMetrics there (http://vmagent:8429) what it makes of each target that the scrapes should give it. Once for each agent and shard.',
    },
  ],
  [
    'targets-header',
    {
      kind: 'text',
      value: "'NAME: VALUE'",
      about: 'A header for those, such as an Authorization; may be given several times.',
    },
  ],
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
      const failOn = choiceOf(line, 'fail-on', failOnChoices, problems) ?? 'error';
      const skip = skippedCodes(line, problems);
      const addresses = agentsOf(line, problems);
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
      const agents = await askAll(addresses, shell);
      if ('problems' in agents) return failed(agents.problems, shell);
      const found = withTargets(examined, agents.found);
      const told = { ...found, review: withoutCodes(found.review, skip) };
      shell.out(
        written(output, told.review, {
          targets: told.targets,
          colours: hasColours(stream, shell.environment),
          source: read.source,
          gaps: read.gaps,
          unserved: read.unserved,
          now: shell.now(),
          failOn,
        }),
      );
      const { coverage, objects } = told.review;
      if (coverage.length > 0 || objects.some(({ component }) => component !== '')) {
        return exitCode(told.review, failOn);
      }
      shell.err(`no component was found: ${read.source}\n`);
      return 1;
    },
  };
}

/** The agents to ask; what is wrong with their addresses is a problem. */
function agentsOf(line: CommandLine, problems: string[]): AgentAddress[] {
  const headers = line.own.get('targets-header') ?? [];
  return (line.own.get('targets') ?? []).flatMap((given) => {
    const address = agentAddress(given, headers);
    if (!('problem' in address)) return [address];
    problems.push(`--targets: ${address.problem}`);
    return [];
  });
}

async function askAll(
  addresses: readonly AgentAddress[],
  shell: Shell,
): Promise<{ readonly found: readonly AgentTargets[] } | { readonly problems: readonly string[] }> {
  const asked = await Promise.all(addresses.map(askAgent));
  const problems: string[] = [];
  const found = asked.flatMap((answer, index) => {
    const url = addresses[index]?.url ?? '';
    if ('problem' in answer) {
      problems.push(`--targets ${url}: ${answer.problem}`);
      return [];
    }
    shell.err(`read ${answer.active.length} targets of ${url}\n`);
    return [answer];
  });
  return problems.length > 0 ? { problems } : { found };
}

interface WithTargets {
  readonly review: Review;
  /** Undefined where no agent was asked. */
  readonly targets: readonly TargetVerdict[] | undefined;
}

/** An audit with what agents make of the targets that it expects. */
function withTargets({ review, context }: Examined, agents: readonly AgentTargets[]): WithTargets {
  if (agents.length === 0) return { review, targets: undefined };
  const targets = judgeTargets(expectedTargets(context), agents);
  const findings = [...targetFindings(targets), ...podsMissing(context)].map((finding) => ({
    ...finding,
    file: '',
    line: 0,
  }));
  return { review: { ...review, findings: [...review.findings, ...findings] }, targets };
}

export const command: Command = auditCommand(nodeFiles, process.stdout);

function failed(problems: readonly string[], shell: Shell): number {
  shell.err(problems.map((problem) => `${problem}\n`).join(''));
  return 2;
}

interface AuditedObjects extends Omit<LiveInput, 'known'> {
  /** Undefined for a folder, which shows that itself. */
  readonly known: LiveInput['known'] | undefined;
}

async function objectsOf(
  line: CommandLine,
  settings: Settings,
  files: FileSystem,
  shell: Shell,
): Promise<AuditedObjects | { readonly problems: readonly string[] }> {
  const paths = line.own.get('filename') ?? [];
  if (paths.length === 0) {
    const all = line.own.get('all-namespaces')?.at(-1) === 'true';
    return await liveInput(line, settings, shell, {
      command: 'audit',
      progress: (text) => shell.err(`read ${text}\n`),
      namespaces: all ? [] : listOf(line, 'namespace'),
    });
  }
  const read = await readManifests(paths, files);
  if ('problems' in read) return { problems: read.problems.map(remarkText) };
  shell.err(skippedText(read.files.flatMap((file) => file.skipped)));
  const source = `Objects from ${paths.map((path) => (path === '-' ? 'standard input' : path)).join(', ')}`;
  const { files: found } = read;
  return { files: found, known: undefined, namespaces: [], source, gaps: [], unserved: undefined };
}

interface Told {
  readonly targets: readonly TargetVerdict[] | undefined;
  readonly colours: boolean;
  readonly source: string;
  readonly gaps: readonly string[];
  readonly unserved: string | undefined;
  readonly now: Date;
  readonly failOn: FailOn;
}

function written(output: AuditOutput, audit: Review, told: Told): string {
  const { colours, source, gaps, now, targets, unserved, failOn } = told;
  // Whatever else is said of coverage follows from it.
  const first = unserved === undefined ? [] : [unserved];
  switch (output) {
    case 'table':
      return [...first, auditText(audit, styleFor(colours), targets)].join('\n\n');
    case 'json':
      return jsonText({
        ...(unserved === undefined ? {} : { gaps: first }),
        ...reportOf(audit),
        ...(targets === undefined ? {} : { targets }),
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
        pageOfAudit(audit, { version, madeAt: now, source, targets }, [...first, ...gaps]),
      );
  }
}
