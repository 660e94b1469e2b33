import { setTimeout as sleep } from 'node:timers/promises';
import type { Catalogue } from '../catalogue/index.ts';
import { choiceAmong, choiceOf } from '../cli/arguments.ts';
import { accessFlags } from '../cli/cluster-access.ts';
import { allNamespacesFlag, clusterObjects } from '../cli/cluster-objects.ts';
import type { Command, Shell } from '../cli/command.ts';
import { configuration } from '../cli/configuration.ts';
import { askServers, type Servers, serversOf, storeFlags, targetFlags } from '../cli/evidence.ts';
import { durationOf } from '../kubernetes/index.ts';
import type { Coverage } from '../planning/index.ts';
import { audited } from '../review/index.ts';
import type { CommandLine, Flag, Settings } from '../settings/index.ts';

const conditions = ['sampled', 'covered'] as const;
type Condition = (typeof conditions)[number];

const help = `Waits until every component of a cluster is covered, or has fresh samples in a store, and tells of each one that is.
With COMPONENT it waits for that alone, wherever it is: etcd. Components that send no metrics as they are configured,
those that are left alone, and those that push nothing that the catalogue knows are not waited for. Reads the cluster of the kubeconfig, and changes nothing.`;

const exitCodes = `Exit code: 0 all of them are, 1 not in time, or there is nothing to wait for, 2 used wrongly, or the cluster can't be
read.`;

const flags: ReadonlyMap<string, Flag> = new Map<string, Flag>([
  [
    'for',
    {
      kind: 'text',
      values: conditions,
      about: 'What is waited for. sampled needs --store.',
    },
  ],
  [
    'timeout',
    {
      kind: 'text',
      value: 'DURATION',
      usual: '5m',
      about: 'How long it waits at most; 0 looks once.',
    },
  ],
  [
    'namespace',
    {
      kind: 'text',
      short: 'n',
      value: 'NAMESPACE',
      about: 'Only components of this namespace; may be given several times.',
    },
  ],
  allNamespacesFlag,
  ...storeFlags,
  ...targetFlags,
  ...accessFlags,
]);

/** Milliseconds between two looks, at least. */
const leastPause = 2_000;

/** A look may take so much of the time at most: one part in five. */
const restAfterLook = 4;

/** Time that passes while it is waited, in milliseconds. */
export interface AwaitedComponents {
  readonly now: () => number;
  readonly pause: (ms: number) => Promise<unknown>;
}

/** `autoscrape wait`, with the time that passes meanwhile. */
export function waitCommand(time: AwaitedComponents): Command {
  return {
    usage: 'wait --for=sampled|covered [COMPONENT] [flags]',
    help,
    exitCodes,
    flags,
    settings: true,
    run: async (line, shell) => {
      const problems: string[] = [];
      const condition = choiceOf(line, 'for', conditions, problems);
      const timeout = timeoutOf(line, problems);
      const servers = await serversOf(line, shell, problems);
      const configured = await configuration(line, shell);
      if ('problems' in configured) return failed([...problems, ...configured.problems], shell);
      const { settings, catalogue } = configured;
      const component = componentOf(line, catalogue, problems);
      if (!line.own.has('for')) problems.push(`--for: expected ${conditions.join(' or ')}`);
      if (condition === 'sampled' && servers.store === undefined) {
        problems.push('--for=sampled: name the store that is asked with --store URL');
      }
      if (problems.length > 0 || condition === undefined) return failed(problems, shell);
      const look = () =>
        lookAt({ line, settings, catalogue, servers, condition, component, shell });
      return await untilAll(look, timeout, time, condition, shell);
    },
  };
}

export const command: Command = waitCommand({ now: () => performance.now(), pause: sleep });

function failed(problems: readonly string[], shell: Shell): number {
  shell.err(problems.map((problem) => `${problem}\n`).join(''));
  return 2;
}

function timeoutOf(line: CommandLine, problems: string[]): number {
  const given = line.own.get('timeout')?.at(-1) ?? '5m';
  const length = durationOf(given);
  if (length !== undefined && length >= 0) return length;
  problems.push(`--timeout: found ${JSON.stringify(given)}, expected a duration as 90s or 5m`);
  return 0;
}

function componentOf(
  { positionals }: CommandLine,
  { byComponent }: Catalogue,
  problems: string[],
): string | undefined {
  const [given, ...others] = positionals;
  if (others.length > 0) problems.push(`${JSON.stringify(others[0])}: one component at a time`);
  return given === undefined
    ? undefined
    : choiceAmong('COMPONENT', given, [...byComponent.keys()], problems);
}

/** A component that is waited for. */
interface Awaited {
  /** `etcd of shop (StatefulSet/topo)`. */
  readonly name: string;
  readonly isThere: boolean;
  /** Its state, and why. */
  readonly because: string;
}

/** What one look shows; a store that can't be asked may be there later. */
type WaitLook =
  | { readonly awaited: readonly Awaited[] }
  | { readonly problems: readonly string[]; readonly mayPass: boolean };

interface Looking {
  readonly line: CommandLine;
  readonly settings: Settings;
  readonly catalogue: Catalogue;
  readonly servers: Servers;
  readonly condition: Condition;
  readonly component: string | undefined;
  readonly shell: Shell;
}

async function lookAt(looking: Looking): Promise<WaitLook> {
  const { line, settings, catalogue, servers, condition, component, shell } = looking;
  // It is asked again and again: what it reads is told nobody.
  const quiet = { ...shell, err: () => {} };
  const read = await clusterObjects(line, settings, quiet, 'wait');
  if ('problem' in read) return { problems: [read.problem], mayPass: false };
  if ('problems' in read) return { problems: read.problems, mayPass: false };
  const examined = audited(read.files, {
    pipeline: { catalogue, settings },
    ownNamespace: settings.kubernetes.namespace,
    defaultNamespace: 'default',
    known: read.known,
    namespaces: read.namespaces,
    servesScrapes: read.unserved === undefined,
  });
  const coverage = examined.review.coverage.filter(
    (one) => isAwaited(one, condition) && (component === undefined || one.component === component),
  );
  if (condition === 'covered') return { awaited: coverage.map(byCoverage) };
  const review = { ...examined.review, coverage };
  const evidence = await askServers(servers, { ...examined, review }, quiet);
  if ('problems' in evidence) return { ...evidence, mayPass: true };
  // What nothing would show is not waited for.
  const verdicts = (evidence.samples?.verdicts ?? []).filter(
    ({ state, link }) => state !== 'not-known' || link !== 'push',
  );
  return {
    awaited: verdicts.map((one) => ({
      name: nameOf(one),
      isThere: one.state === 'sampled',
      because: `${one.state}: ${one.because}`,
    })),
  };
}

/** What sends none, or is left alone, never comes; what is pushed is never covered by a scrape. */
function isAwaited({ state }: Coverage, condition: Condition): boolean {
  if (state === 'silent' || state === 'opted-out') return false;
  return condition === 'sampled' || state !== 'pushed';
}

function byCoverage(one: Coverage): Awaited {
  const { state, because } = one;
  return { name: nameOf(one), isThere: state === 'covered', because: `${state}: ${because}` };
}

function nameOf({
  component,
  namespace,
  workload,
  services,
}: Pick<Coverage, 'component' | 'namespace' | 'workload' | 'services'>): string {
  return `${component} of ${namespace} (${workload || services.map((name) => `Service/${name}`).join(', ')})`;
}

/** Looks until all are there or the time is over, and tells of each one once. */
async function untilAll(
  look: () => Promise<WaitLook>,
  timeout: number,
  { now, pause }: AwaitedComponents,
  condition: Condition,
  shell: Shell,
): Promise<number> {
  const began = now();
  const told = new Set<string>();
  for (;;) {
    const from = now();
    const found = await look();
    if ('problems' in found && !found.mayPass) return failed(found.problems, shell);
    const awaited = 'awaited' in found ? found.awaited : undefined;
    if (awaited?.length === 0) {
      shell.err('there is no component to wait for\n');
      return 1;
    }
    for (const { name } of (awaited ?? []).filter(({ isThere }) => isThere)) {
      if (!told.has(name)) shell.out(`${name} ${condition}\n`);
      told.add(name);
    }
    const missing = awaited?.filter(({ isThere }) => !isThere);
    if (missing?.length === 0) return 0;
    const rest = Math.max(leastPause, restAfterLook * (now() - from));
    if (now() - began + rest > timeout) {
      const reasons = missing?.map(({ name, because }) => `${name} is ${because}`);
      const said = reasons ?? ('problems' in found ? found.problems : []);
      shell.err(['timed out', ...said].map((text) => `${text}\n`).join(''));
      return 1;
    }
    await pause(rest);
  }
}
