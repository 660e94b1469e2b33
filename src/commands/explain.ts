import process from 'node:process';
import type { Catalogue, Recognisable } from '../catalogue/index.ts';
import { filenameFlag, remarkText, skippedText } from '../cli/arguments.ts';
import { accessFlags } from '../cli/cluster-access.ts';
import { readCluster } from '../cli/cluster-objects.ts';
import type { Command, Shell } from '../cli/command.ts';
import { configuration } from '../cli/configuration.ts';
import { nodeFiles } from '../cli/node-files.ts';
import { hasColours, type Stream } from '../cli/terminal.ts';
import {
  type Before,
  type ExplainedKind,
  type ExplainedObject,
  explain,
} from '../explain/index.ts';
import { nearest } from '../ground/nearest.ts';
import { type KubernetesObject, parseObject } from '../kubernetes/index.ts';
import { type FileSystem, readManifests } from '../manifests/index.ts';
import { codeText, explanationText, findingCodes, patchWords, styleFor } from '../report/index.ts';
import { audited, type Examined, examined, type Review } from '../review/index.ts';
import type { CommandLine, Flag, Settings } from '../settings/index.ts';

const help = `Prints the chain of reasoning for one object: what it is and by which rule, which Services and pods and ports
belong to it, which scrapes read them, which job vmagent gets for each, and where the chain breaks.
Reads the cluster of the kubeconfig, and changes nothing; with -f, manifests. With the code of a finding it prints what that means.

  KIND/NAME
      service/orders-etcd; also statefulset, deployment, pod, vmservicescrape, and kubectl's short
      names.`;

const exitCodes =
  "Exit code: 0 the chain holds, 1 it breaks, 2 used wrongly or something can't be read.";

const flags: ReadonlyMap<string, Flag> = new Map<string, Flag>([
  filenameFlag(
    'Manifests with the object and its neighbours instead of a live cluster, as in autoscrape review. May be given several times.',
  ),
  [
    'namespace',
    {
      kind: 'text',
      short: 'n',
      value: 'NAMESPACE',
      usual: 'default',
      about: 'The namespace of the object, and of objects that name none.',
    },
  ],
  ...accessFlags,
]);

const kinds: ReadonlyMap<string, ExplainedKind> = new Map([
  ['service', 'Service'],
  ['services', 'Service'],
  ['svc', 'Service'],
  ['statefulset', 'StatefulSet'],
  ['statefulsets', 'StatefulSet'],
  ['sts', 'StatefulSet'],
  ['deployment', 'Deployment'],
  ['deployments', 'Deployment'],
  ['deploy', 'Deployment'],
  ['pod', 'Pod'],
  ['pods', 'Pod'],
  ['po', 'Pod'],
  ['vmservicescrape', 'VMServiceScrape'],
  ['vmservicescrapes', 'VMServiceScrape'],
  ['scrape', 'VMServiceScrape'],
]);

/** `autoscrape explain` with the file system that it reads and the stream that its results go to. */
export function explainCommand(files: FileSystem, stream: Stream): Command {
  return {
    usage: 'explain KIND/NAME [-f FILE|DIR|-] [flags], or explain CODE',
    help,
    exitCodes,
    flags,
    words: [
      ...['service', 'statefulset', 'deployment', 'pod', 'vmservicescrape'].map(
        (kind) => `${kind}/`,
      ),
      ...findingCodes.keys(),
    ],
    settings: true,
    run: (line, shell) => {
      const style = styleFor(hasColours(stream, shell.environment));
      const [asked = ''] = line.positionals;
      const entry = findingCodes.get(asked);
      if (entry !== undefined && line.positionals.length === 1) {
        shell.out(codeText(asked, entry, style));
        return Promise.resolve(0);
      }
      return explainObject(line, shell, files, style);
    },
  };
}

export const command: Command = explainCommand(nodeFiles, process.stdout);

async function explainObject(
  line: CommandLine,
  shell: Shell,
  files: FileSystem,
  style: ReturnType<typeof styleFor>,
): Promise<number> {
  const fail = (problems: readonly string[]): number => {
    shell.err(problems.map((problem) => `${problem}\n`).join(''));
    return 2;
  };
  const problems: string[] = [];
  const subject = subjectOf(line, problems);
  const configured = await configuration(line, shell);
  if ('problems' in configured) problems.push(...configured.problems);
  if (problems.length > 0 || 'problems' in configured || subject === undefined) {
    return fail(problems);
  }
  const { settings, catalogue } = configured;
  const pipeline = { catalogue, settings };
  const paths = line.own.get('filename') ?? [];
  const found =
    paths.length === 0
      ? await inCluster(subject, pipeline, line, shell)
      : await inManifests(paths, pipeline, line, shell, files);
  if ('problems' in found) return fail(found.problems);
  const { examined: whole, source } = found;
  const { review, context, surroundings } = whole;
  const known = { ...context, surroundings, coverage: review.coverage, findings: review.findings };
  const explanation = explain(subject, known, beforeAdmission(subject, review));
  if (explanation === undefined) return fail([notThere(subject, review, source)]);
  shell.out(explanationText(explanation, style));
  return explanation.steps.some((step) => step.outcome === 'broken') ? 1 : 0;
}

/** The objects among which one is explained, and where they come from, in words. */
type ExplainedAmong =
  | { readonly examined: Examined; readonly source: string }
  | { readonly problems: readonly string[] };

interface ExplainPipeline {
  readonly catalogue: Catalogue;
  readonly settings: Settings;
}

async function inManifests(
  paths: readonly string[],
  pipeline: ExplainPipeline,
  line: CommandLine,
  shell: Shell,
  files: FileSystem,
): Promise<ExplainedAmong> {
  const read = await readManifests(paths, files);
  if ('problems' in read) return { problems: read.problems.map(remarkText) };
  shell.err(skippedText(read.files.flatMap((file) => file.skipped)));
  const whole = examined(read.files, {
    pipeline,
    ownNamespace: pipeline.settings.kubernetes.namespace,
    defaultNamespace: namespaceOf(line),
  });
  return { examined: whole, source: 'the input' };
}

async function inCluster(
  { namespace }: ExplainedObject,
  pipeline: ExplainPipeline,
  line: CommandLine,
  shell: Shell,
): Promise<ExplainedAmong> {
  const { settings } = pipeline;
  const read = await readCluster(line, settings, shell, {
    user: 'explain',
    namespaces: [namespace],
  });
  if ('problem' in read) return { problems: [`${read.problem}; or name dumped objects with -f`] };
  if ('problems' in read) return read;
  const whole = audited(read.files, {
    pipeline,
    ownNamespace: settings.kubernetes.namespace,
    defaultNamespace: namespace,
    known: read.known,
    namespaces: read.namespaces,
    servesScrapes: read.unserved === undefined,
  });
  return { examined: whole, source: 'the cluster' };
}

function namespaceOf(line: CommandLine): string {
  return line.own.get('namespace')?.at(-1) ?? 'default';
}

function subjectOf(line: CommandLine, problems: string[]): ExplainedObject | undefined {
  const [asked, ...stray] = line.positionals;
  if (asked === undefined) {
    problems.push('what to explain is missing: KIND/NAME, as service/orders-etcd, or a code');
    return undefined;
  }
  if (stray.length > 0)
    problems.push(`one object at a time: ${JSON.stringify(stray[0])} is too much`);
  const [word = '', name = '', ...rest] = asked.split('/');
  if (name === '' || rest.length > 0) {
    const meant = nearest(asked, findingCodes.keys());
    const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
    problems.push(`${JSON.stringify(asked)} is neither KIND/NAME nor the code of a finding${hint}`);
    return undefined;
  }
  const kind = kinds.get(word.toLowerCase());
  if (kind !== undefined) return { kind, namespace: namespaceOf(line), name };
  const meant = nearest(word, kinds.keys());
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
  problems.push(`${JSON.stringify(word)} is no kind that can be explained${hint}`);
  return undefined;
}

function beforeAdmission({ kind, namespace, name }: ExplainedObject, { objects }: Review): Before {
  const reviewed = objects.findLast(
    ({ ref }) => ref.kind === kind && ref.namespace === namespace && ref.name === name,
  );
  if (reviewed === undefined) return { object: undefined, additions: [] };
  const { manifest, patch } = reviewed;
  return {
    object: recognisable(parseObject(manifest.value), namespace),
    additions: patchWords(patch, manifest.value),
  };
}

function recognisable(
  object: KubernetesObject | undefined,
  namespace: string,
): Recognisable | undefined {
  switch (object?.kind) {
    case 'Service':
    case 'StatefulSet':
    case 'Deployment':
    case 'Pod':
      return { ...object, namespace };
    default:
      return undefined;
  }
}

function notThere(
  { kind, namespace, name }: ExplainedObject,
  { objects }: Review,
  source: string,
): string {
  const same = objects.map(({ ref }) => ref).filter((ref) => ref.kind === kind);
  const elsewhere = same.find((ref) => ref.name === name);
  if (elsewhere !== undefined) {
    return `there is no ${kind} ${name} in namespace ${namespace}, but in ${elsewhere.namespace}: -n ${elsewhere.namespace}`;
  }
  const meant = nearest(
    name,
    same.filter((ref) => ref.namespace === namespace).map((ref) => ref.name),
  );
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
  return `there is no ${kind} ${namespace}/${name} in ${source}${hint}`;
}
