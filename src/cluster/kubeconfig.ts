import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type Access, AccessError, type Credentials } from './access.ts';
import type { Clock } from './clock.ts';
import { field } from './errors.ts';
import { pluginAccess } from './plugin-access.ts';
import { renewed } from './renewed.ts';

/**
 * Access as a kubeconfig file says (https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/).
 *
 * Tokens and certificates are read here. Whatever runs another program or asks a provider for its token is left to
 * \@kubernetes/client-node, which is loaded then and only then: it takes 0.7 s and 85 MB to load.
 *
 * @param context name of the context; undefined for the file's current one
 * @throws {AccessError} naming the file and what is wrong in it
 */
export async function kubeconfigAccess(
  file: string,
  context: string | undefined,
  clock: Clock,
): Promise<Access> {
  const config = await parsed(file);
  const wrong = (what: string): AccessError => new AccessError(`${file}: ${what}`);
  const chosen = context ?? text(config, 'current-context');
  if (chosen === undefined || chosen === '') throw wrong('current-context is not set');
  const entry = named(config, 'contexts', 'context', chosen);
  if (entry === undefined) throw wrong(`no context "${chosen}"`);
  const clusterName = text(entry, 'cluster') ?? '';
  const cluster = named(config, 'clusters', 'cluster', clusterName);
  if (cluster === undefined) throw wrong(`no cluster "${clusterName}" (context "${chosen}")`);
  const userName = text(entry, 'user') ?? '';
  const user = named(config, 'users', 'user', userName);
  if (user === undefined && userName !== '') throw wrong(`no user "${userName}"`);
  const address = text(cluster, 'server') ?? '';
  if (!/^https?:\/\//.test(address) || !URL.canParse(address)) {
    throw wrong(`cluster "${clusterName}": server "${address}" is no http or https URL`);
  }
  if (text(cluster, 'proxy-url') !== undefined) {
    throw wrong(`cluster "${clusterName}": proxy-url is not supported`);
  }
  const server = new URL(address);
  const namespace = text(entry, 'namespace') ?? 'default';
  if (needsPlugin(user)) {
    return { server, namespace, credentials: await pluginAccess(file, chosen) };
  }
  const credentials = renewed(() => staticCredentials(cluster, user, dirname(file)), clock);
  try {
    await credentials(false);
  } catch (cause) {
    throw new AccessError(`${file}: ${cause instanceof Error ? cause.message : ''}`, { cause });
  }
  return { server, namespace, credentials };
}

const noHeaders: Credentials['headers'] = {};

async function parsed(file: string): Promise<unknown> {
  let content: string;
  try {
    content = await readFile(file, 'utf8');
  } catch (cause) {
    throw new AccessError(`${file}: can't be read`, { cause });
  }
  try {
    // JSON is YAML, and read without loading the other parser.
    if (content.trimStart().startsWith('{')) return JSON.parse(content);
    const { parse } = await import('yaml');
    return parse(content);
  } catch (cause) {
    throw new AccessError(`${file}: no YAML`, { cause });
  }
}

function needsPlugin(user: unknown): boolean {
  return (
    field(user, 'exec') !== undefined ||
    field(user, 'auth-provider') !== undefined ||
    field(user, 'username') !== undefined ||
    field(user, 'as') !== undefined
  );
}

async function staticCredentials(
  cluster: unknown,
  user: unknown,
  folder: string,
): Promise<Credentials> {
  const pem = async (from: unknown, key: string): Promise<string | undefined> => {
    const data = text(from, `${key}-data`);
    if (data !== undefined && data !== '') return Buffer.from(data, 'base64').toString('utf8');
    const path = text(from, key);
    return path === undefined || path === '' ? undefined : readFile(resolve(folder, path), 'utf8');
  };
  const tokenFile = text(user, 'tokenFile');
  const [ca, cert, key, fileToken] = await Promise.all([
    pem(cluster, 'certificate-authority'),
    pem(user, 'client-certificate'),
    pem(user, 'client-key'),
    tokenFile === undefined ? undefined : readFile(resolve(folder, tokenFile), 'utf8'),
  ]);
  // The file wins over the token that stands in the kubeconfig, as in client-go.
  const token = (fileToken ?? text(user, 'token'))?.trim();
  return {
    tls: {
      ca,
      cert,
      key,
      servername: text(cluster, 'tls-server-name'),
      verify: field(cluster, 'insecure-skip-tls-verify') !== true,
    },
    headers: token === undefined || token === '' ? noHeaders : { authorization: `Bearer ${token}` },
  };
}

/** The entry of one name in one of the file's three lists. */
function named(config: unknown, list: string, kind: string, name: string): unknown {
  const entries = field(config, list);
  if (!Array.isArray(entries)) return undefined;
  return field(
    entries.find((entry) => field(entry, 'name') === name),
    kind,
  );
}

function text(value: unknown, key: string): string | undefined {
  const found = field(value, key);
  return typeof found === 'string' ? found : undefined;
}
