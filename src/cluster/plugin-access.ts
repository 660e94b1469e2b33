import type { RequestOptions } from 'node:https';
import { AccessError, type Credentials, sameTls, type Tls } from './access.ts';

/**
 * Credentials of a kubeconfig's user who has a program or a provider for them, as \@kubernetes/client-node gets them.
 * It keeps what the program said until that expires.
 */
export async function pluginAccess(
  file: string,
  context: string,
): Promise<(refused: boolean) => Promise<Credentials>> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const open = () => {
    const config = new KubeConfig();
    config.loadFromFile(file);
    config.setCurrentContext(context);
    return config;
  };
  let config = open();
  let last: Tls | undefined;
  return async (refused) => {
    // A new one has no memory of the credentials that were refused.
    if (refused) config = open();
    const options: RequestOptions = {};
    try {
      await config.applyToHTTPSOptions(options);
    } catch (cause) {
      throw new AccessError(`${file}: the credentials of context "${context}" can't be had`, {
        cause,
      });
    }
    const tls = {
      ca: pem(options.ca),
      cert: pem(options.cert),
      key: pem(options.key),
      servername: options.servername,
      verify: options.rejectUnauthorized !== false,
    };
    if (last === undefined || !sameTls(last, tls)) last = tls;
    return { tls: last, headers: headersOf(options) };
  };
}

function pem(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return Buffer.isBuffer(value) ? value.toString('utf8') : undefined;
}

/** The token, a user's name and password, and whom to impersonate. */
function headersOf({ headers, auth }: RequestOptions): Readonly<Record<string, string>> {
  const found = Object.entries(headers ?? {}).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  const basic =
    typeof auth === 'string'
      ? { authorization: `Basic ${Buffer.from(auth).toString('base64')}` }
      : {};
  return {
    ...basic,
    ...Object.fromEntries(found.map(([key, value]) => [key.toLowerCase(), value])),
  };
}
