import { spawn } from 'node:child_process';
import { resolve as resolvePath } from 'node:path';
import * as v from 'valibot';
import type { Clock } from '../../ground/clock.ts';
import type { Environment } from '../../ground/environment.ts';
import { AccessError } from './access.ts';

/** `exec` of a kubeconfig's user: a program that has the credentials. */
const execSchema = v.object({
  apiVersion: v.nullish(v.string(), 'client.authentication.k8s.io/v1'),
  command: v.pipe(v.string(), v.nonEmpty()),
  args: v.nullish(v.array(v.string()), []),
  env: v.nullish(v.array(v.object({ name: v.string(), value: v.string() })), []),
  installHint: v.nullish(v.string(), ''),
  interactiveMode: v.nullish(v.picklist(['Never', 'IfAvailable', 'Always']), 'IfAvailable'),
  provideClusterInfo: v.nullish(v.boolean(), false),
});

const credentialSchema = v.object({
  status: v.object({
    token: v.nullish(v.string()),
    clientCertificateData: v.nullish(v.string()),
    clientKeyData: v.nullish(v.string()),
    expirationTimestamp: v.nullish(v.string()),
  }),
});

type Exec = v.InferOutput<typeof execSchema>;

/** The status of an ExecCredential. */
export type IssuedCredential = v.InferOutput<typeof credentialSchema>['status'];

export interface ExecPluginOptions {
  /** Of the kubeconfig: a command with a slash is looked for from here. */
  readonly folder: string;
  /** What the program is told of the cluster where it asks for it. */
  readonly cluster: object;
  readonly environment: Environment;
  /** Whether somebody sits at a terminal, to log in. */
  readonly interactive: boolean;
  readonly clock: Clock;
}

/** Milliseconds that a program may take by itself, and where somebody has to log in. */
const patience = 60_000;
const patienceWithPeople = 300_000;
const mostOutput = 1024 * 1024;
const mostWords = 2_000;

/**
 * Returns what runs a credential plugin (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins)
 * and keeps what it said until that expires, or is refused. The client library's own plugins have no time-out, no
 * `installHint`, and don't tell the program KUBERNETES_EXEC_INFO.
 *
 * @throws {AccessError} where the kubeconfig's `exec` can't be run
 */
export function execPlugin(
  exec: unknown,
  options: ExecPluginOptions,
): (refused: boolean) => Promise<IssuedCredential> {
  const read = v.safeParse(execSchema, exec);
  if (!read.success) throw new AccessError(`exec: ${read.issues[0].message}`);
  const plugin = read.output;
  let last: IssuedCredential | undefined;
  return async (refused) => {
    const until = last?.expirationTimestamp;
    const expired = until != null && !(Date.parse(until) > options.clock.wall());
    if (last === undefined || refused || expired) last = await run(plugin, options);
    return last;
  };
}

async function run(plugin: Exec, options: ExecPluginOptions): Promise<IssuedCredential> {
  const wrong = (what: string): AccessError =>
    new AccessError(`the credential plugin ${JSON.stringify(plugin.command)} ${what}`);
  const interactive = plugin.interactiveMode !== 'Never' && options.interactive;
  if (plugin.interactiveMode === 'Always' && !interactive) {
    throw wrong('needs a terminal (interactiveMode: Always)');
  }
  const ended = await outputOf(plugin, options, interactive);
  const words = ended.err.trim().slice(-mostWords);
  const said = words === '' ? '' : `: ${words}`;
  switch (ended.how) {
    case 'missing':
      throw wrong(
        `was not found${plugin.installHint === '' ? '' : `: ${plugin.installHint.trim()}`}`,
      );
    case 'failed':
      throw wrong(`can't be run: ${ended.because}`);
    case 'late':
      throw wrong(`did not end in time${said}`);
    case 'ended':
      if (ended.code !== 0) throw wrong(`ended with exit code ${ended.code}${said}`);
  }
  const read = v.safeParse(credentialSchema, parsed(ended.out));
  if (!read.success) throw wrong(`printed no ExecCredential${said}`);
  const { status } = read.output;
  const pair = status.clientCertificateData != null && status.clientKeyData != null;
  if (!status.token && !pair)
    throw wrong(`gave neither a token nor a certificate with its key${said}`);
  return status;
}

type Ended = { readonly err: string } & (
  | { readonly how: 'ended'; readonly code: number | null; readonly out: string }
  | { readonly how: 'missing' | 'late' }
  | { readonly how: 'failed'; readonly because: string }
);

/** Runs a program to its end, or to the end of our patience: then it is killed. */
function outputOf(
  plugin: Exec,
  { folder, cluster, environment, clock }: ExecPluginOptions,
  interactive: boolean,
): Promise<Ended> {
  const { command, args, env, apiVersion, provideClusterInfo } = plugin;
  const info = {
    apiVersion,
    kind: 'ExecCredential',
    spec: { interactive, ...(provideClusterInfo ? { cluster } : {}) },
  };
  return new Promise((resolve) => {
    const child = spawn(/[\\/]/.test(command) ? resolvePath(folder, command) : command, args, {
      env: {
        ...environment,
        ...Object.fromEntries(env.map(({ name, value }) => [name, value])),
        KUBERNETES_EXEC_INFO: JSON.stringify(info),
      },
      stdio: [interactive ? 'inherit' : 'ignore', 'pipe', 'pipe'],
      windowsHide: true,
    });
    let out = '';
    let err = '';
    const cancel = clock.after(interactive ? patienceWithPeople : patience, () => {
      child.kill('SIGKILL');
      // What it has started may hold them open.
      child.stdout.destroy();
      child.stderr.destroy();
      resolve({ how: 'late', err });
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out = (out + text).slice(0, mostOutput);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err = (err + text).slice(-mostWords);
      // Where to log in, and with which code: somebody waits for it.
      if (interactive) process.stderr.write(text);
    });
    child.once('error', (error: NodeJS.ErrnoException) => {
      cancel();
      if (error.code === 'ENOENT') resolve({ how: 'missing', err });
      else resolve({ how: 'failed', because: error.message, err });
    });
    child.once('close', (code) => {
      cancel();
      resolve({ how: 'ended', code, out, err });
    });
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
