import { join } from 'node:path';
import process from 'node:process';
import {
  type Access,
  type ApiError,
  findAccess,
  type Impersonation,
  noClusterInstruments,
  Transport,
} from '../cluster/api/index.ts';
import { systemClock } from '../ground/clock.ts';
import type { Environment } from '../ground/environment.ts';
import { reasonOf } from '../ground/reason.ts';
import type { CommandLine, Flag, Settings } from '../settings/index.ts';
import { version } from '../version.ts';
import type { Shell } from './command.ts';

/** The part of the way to the API server that a command line says, beside the settings. */
interface AccessFlags {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly impersonate?: Impersonation;
  readonly interactive?: boolean;
}

/**
 * Finds the way to the API server as the settings say, and a command line.
 *
 * @throws {AccessError} where there is none
 */
export function accessOf(
  { kubernetes }: Settings,
  environment: Environment,
  asked: AccessFlags = {},
): Promise<Access> {
  // Not by the user's entry in the system: a container's user may have none.
  const home = environment.HOME || environment.USERPROFILE;
  return findAccess(
    {
      ...asked,
      kubeconfig: asked.kubeconfig ?? kubernetes.kubeconfig,
      context: asked.context ?? kubernetes.context,
      fallback: home ? join(home, '.kube/config') : undefined,
      environment,
      proxy: kubernetes.proxy,
    },
    systemClock,
  );
}

/** The flags of kubectl that say which cluster is meant and as whom, for commands of people. */
export const accessFlags: readonly (readonly [string, Flag])[] = [
  [
    'kubeconfig',
    {
      kind: 'text',
      values: 'files',
      value: 'FILE',
      about:
        'The kubeconfig. Default: KUBECONFIG, which may name several, else ~/.kube/config; in a pod its service account.',
    },
  ],
  ['context', { kind: 'text', value: 'NAME', about: 'A context of it. Default: its current one.' }],
  [
    'as',
    {
      kind: 'text',
      value: 'USER',
      about: 'Impersonates a user or a service account (system:serviceaccount:NAMESPACE:NAME).',
    },
  ],
  [
    'as-group',
    {
      kind: 'text',
      value: 'GROUP',
      about: 'Impersonates a group too; may be given several times.',
    },
  ],
];

/** Finds the way that a command line means, and logs in: a plugin that fails is told once, not for each request. */
export async function reach(
  { own }: CommandLine,
  settings: Settings,
  { environment }: Pick<Shell, 'environment'>,
): Promise<{ readonly access: Access } | { readonly problem: string }> {
  const last = (flag: string): string | undefined => own.get(flag)?.at(-1);
  try {
    const access = await accessOf(settings, environment, {
      kubeconfig: last('kubeconfig'),
      context: last('context'),
      impersonate: { user: last('as'), groups: own.get('as-group') },
      interactive: process.stdin.isTTY,
    });
    await access.credentials(false);
    return { access };
  } catch (error) {
    return { problem: reasonOf(error) };
  }
}

/**
 * The sentence for an API server that did not answer, with its address; undefined for any other error, which the
 * API server has words for itself.
 *
 * @param server where it was asked
 */
export function awayText(server: URL, error: ApiError): string | undefined {
  if (error.code !== 'unreachable' && error.code !== 'timeout') return undefined;
  // What was asked for does not matter then.
  const why = error.message.replace(/^\w+ \w+: /, '');
  return `the API server at ${server.origin} can't be reached: ${why}`;
}

/**
 * The transport of a command that runs once: nothing is counted.
 *
 * @param user who asks, as the API server's audit log has it in the user agent
 */
export function commandTransport(access: Access, user: string): Transport {
  return new Transport({
    access,
    clock: systemClock,
    random: Math.random,
    instruments: noClusterInstruments,
    userAgent: `autoscrape/${version} (${user})`,
  });
}
