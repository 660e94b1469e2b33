import { readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { delimiter, dirname, resolve } from 'node:path';
import type { Cluster, KubeConfig, User } from '@kubernetes/client-node';
import * as v from 'valibot';
import type { Clock } from '../../ground/clock.ts';
import type { Environment } from '../../ground/environment.ts';
import { reasonOf } from '../../ground/reason.ts';
import { type Access, AccessError, type Credentials } from './access.ts';
import { field } from './errors.ts';
import { execPlugin, type IssuedCredential } from './exec-plugin.ts';
import { type Impersonation, impersonationHeaders } from './impersonation.ts';
import { proxyAt, proxyInEnvironment } from './proxy.ts';
import { renewed } from './renewed.ts';

export interface KubeconfigOptions {
  /** Undefined: the current one. */
  readonly context?: string | undefined;
  /** For credential plugins. */
  readonly environment?: Environment;
  /** Whether the proxies that the environment names count. */
  readonly environmentProxy?: boolean;
  readonly impersonate?: Impersonation;
  /** Whether somebody sits at a terminal, to log in. */
  readonly interactive?: boolean;
}

/**
 * Access as kubeconfig files say (https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/), which
 * \@kubernetes/client-node reads: it is loaded here and only here, since that takes time and memory.
 *
 * @param list one file, or several with the path's delimiter between them, as in KUBECONFIG: of two that say the same thing
 *   the first one counts, and of several some may be missing
 * @throws {AccessError} naming the file and what is wrong in it
 */
export async function kubeconfigAccess(
  list: string,
  options: KubeconfigOptions,
  clock: Clock,
): Promise<Access> {
  const files = await loaded(list.split(delimiter).filter((file) => file !== ''));
  const named = (cause: unknown): AccessError =>
    new AccessError(`${list}: ${reasonOf(cause)}`, { cause });
  try {
    const access = await accessIn(files, options, clock);
    const credentials: Access['credentials'] = (refused) =>
      access.credentials(refused).catch((cause) => Promise.reject(named(cause)));
    return { ...access, credentials };
  } catch (cause) {
    throw named(cause);
  }
}

async function accessIn(
  files: readonly File[],
  options: KubeconfigOptions,
  clock: Clock,
): Promise<Access> {
  const name = options.context ?? first(files, ({ config }) => config.getCurrentContext() || null);
  if (name === undefined) throw new AccessError('current-context is not set');
  const context = first(files, ({ config }) => config.getContextObject(name));
  if (context === undefined) throw new AccessError(`no context "${name}"`);
  const cluster = first(files, ({ config }) => config.getCluster(context.cluster));
  if (cluster === undefined) {
    throw new AccessError(`no cluster "${context.cluster}" (context "${name}")`);
  }
  const user = context.user ? userOf(files, context.user) : nobody;
  if (user === undefined) throw new AccessError(`no user "${context.user}"`);
  const address = cluster.server;
  if (!/^https?:\/\//.test(address) || !URL.canParse(address)) {
    throw new AccessError(`cluster "${cluster.name}": server "${address}" is no http or https URL`);
  }
  const server = new URL(address);
  const proxy = proxyOf(cluster, server, options);
  const credentials = renewed(reader(cluster, user, options, clock), clock);
  // What has to be asked for may be had later; what stands in files is wrong now.
  if (!user.exec && !user.authProvider) await credentials(false);
  return { server, proxy, namespace: context.namespace ?? 'default', credentials };
}

/** One file, as the client library has it and as it stands there: the library leaves some fields out. */
interface File {
  readonly folder: string;
  readonly config: KubeConfig;
  readonly raw: unknown;
}

async function loaded(files: readonly string[]): Promise<File[]> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const all: File[] = [];
  const missing: AccessError[] = [];
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
      const error = new AccessError(`${file}: can't be read`, { cause });
      if (cause.code !== 'ENOENT') throw error;
      missing.push(error);
      return undefined;
    });
    if (text === undefined) continue;
    const config = new KubeConfig();
    try {
      const raw: unknown = (await parsed(text)) ?? {};
      config.loadFromString(JSON.stringify(raw), { onInvalidEntry: 'filter' });
      config.makePathsAbsolute(dirname(file));
      all.push({ folder: dirname(file), config, raw });
    } catch (cause) {
      throw new AccessError(`${file}: no YAML`, { cause });
    }
  }
  if (all.length === 0)
    throw missing[0] ?? new AccessError('the kubeconfig that is named is no file');
  return all;
}

/** JSON is YAML, and read without loading the other parser. */
async function parsed(text: string): Promise<unknown> {
  if (text.trimStart().startsWith('{')) return JSON.parse(text);
  const { parse } = await import('yaml');
  return parse(text);
}

function first<T>(files: readonly File[], find: (file: File) => T | null): T | undefined {
  for (const file of files) {
    const found = find(file);
    if (found !== null) return found;
  }
  return undefined;
}

/** A user with what the client library leaves out. */
interface Account extends User {
  readonly folder: string;
  readonly tokenFile: string | undefined;
  readonly impersonation: Impersonation;
}

const nobody: Account = { name: '', folder: '', tokenFile: undefined, impersonation: {} };

const moreSchema = v.object({
  tokenFile: v.nullish(v.string(), ''),
  as: v.nullish(v.string(), ''),
  'as-uid': v.nullish(v.string(), ''),
  'as-groups': v.nullish(v.array(v.string()), []),
  'as-user-extra': v.nullish(v.record(v.string(), v.array(v.string())), {}),
});

function userOf(files: readonly File[], name: string): Account | undefined {
  return (
    first(files, ({ config, folder, raw }) => {
      const user = config.getUser(name);
      if (user === null) return null;
      const users = field(raw, 'users');
      const entries: readonly unknown[] = Array.isArray(users) ? users : [];
      const entry = entries.find((one) => field(one, 'name') === name);
      const read = v.safeParse(moreSchema, field(entry, 'user') ?? {});
      if (!read.success) {
        const [issue] = read.issues;
        throw new AccessError(`user "${name}": ${v.getDotPath(issue)}: ${issue.message}`);
      }
      const more = read.output;
      return {
        ...user,
        folder,
        tokenFile: more.tokenFile === '' ? undefined : resolve(folder, more.tokenFile),
        impersonation: {
          user: more.as || undefined,
          uid: more['as-uid'] || undefined,
          groups: more['as-groups'],
          extra: more['as-user-extra'],
        },
      };
    }) ?? undefined
  );
}

function proxyOf(cluster: Cluster, server: URL, options: KubeconfigOptions): URL | undefined {
  if (cluster.proxyUrl) return proxyAt(cluster.proxyUrl, `cluster "${cluster.name}": proxy-url`);
  if (options.environmentProxy !== true) return undefined;
  return proxyInEnvironment(server, options.environment ?? {});
}

/** Returns what reads the credentials, or asks for them, each time anew. */
function reader(
  cluster: Cluster,
  user: Account,
  { environment = {}, impersonate = {}, interactive = false }: KubeconfigOptions,
  clock: Clock,
): (refused: boolean) => Promise<Credentials> {
  const impersonation = impersonationHeaders(user.impersonation, impersonate);
  const issue = user.exec
    ? execPlugin(user.exec, {
        folder: user.folder,
        cluster: clusterInfo(cluster),
        environment,
        interactive,
        clock,
      })
    : undefined;
  return async (refused) => {
    const { KubeConfig } = await import('@kubernetes/client-node');
    const issued = await issue?.(refused);
    // The file counts before the token that stands in the kubeconfig, as in client-go.
    const token =
      user.tokenFile === undefined ? user.token : await readFile(user.tokenFile, 'utf8');
    const config = new KubeConfig();
    config.loadFromOptions(chosen(cluster, { ...user, token: token?.trim() }));
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    return credentialsOf(options, issued, impersonation);
  };
}

/** Returns a configuration of one context for the client library, without what is done here instead of there. */
function chosen(cluster: Cluster, user: Omit<Account, 'token'> & { token: string | undefined }) {
  return {
    clusters: [
      {
        ...cluster,
        // Data counts before a file, as in client-go.
        caFile: cluster.caData ? undefined : cluster.caFile,
        // Without TLS there is nothing to verify; the library wants it to be said.
        skipTLSVerify: cluster.skipTLSVerify || cluster.server.startsWith('http:'),
        proxyUrl: undefined,
      },
    ],
    users: [
      {
        ...user,
        certFile: user.certData ? undefined : user.certFile,
        keyFile: user.keyData ? undefined : user.keyFile,
        exec: undefined,
        impersonateUser: undefined,
      },
    ],
    contexts: [{ name: 'chosen', cluster: cluster.name, user: user.name }],
    currentContext: 'chosen',
  };
}

function credentialsOf(
  { ca, cert, key, servername, rejectUnauthorized, headers, auth }: RequestOptions,
  issued: IssuedCredential | undefined,
  impersonation: Credentials['headers'],
): Credentials {
  const own = Object.entries(headers ?? {}).find(([name]) => /^authorization$/i.test(name))?.[1];
  const basic =
    typeof auth === 'string' ? `Basic ${Buffer.from(auth).toString('base64')}` : undefined;
  const bearer = issued?.token ? `Bearer ${issued.token}` : undefined;
  const authorization = bearer ?? (typeof own === 'string' ? own : basic);
  return {
    tls: {
      ca: pem(ca),
      cert: issued?.clientCertificateData ?? pem(cert),
      key: issued?.clientKeyData ?? pem(key),
      servername,
      verify: rejectUnauthorized !== false,
    },
    headers: { ...(authorization === undefined ? {} : { authorization }), ...impersonation },
  };
}

function pem(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return Buffer.isBuffer(value) ? value.toString('utf8') : undefined;
}

/** Returns a cluster as a credential plugin is told of it (client.authentication.k8s.io/v1, Cluster). */
function clusterInfo({ server, tlsServerName, skipTLSVerify, caData, proxyUrl }: Cluster): object {
  return {
    server,
    'tls-server-name': tlsServerName,
    'insecure-skip-tls-verify': skipTLSVerify || undefined,
    'certificate-authority-data': caData,
    'proxy-url': proxyUrl,
  };
}
