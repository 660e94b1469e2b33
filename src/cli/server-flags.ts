import { reasonOf } from '../ground/reason.ts';
import type { CommandLine, Flag } from '../settings/index.ts';
import type { Shell } from './command.ts';
import type { ServerAddress } from './http.ts';

/** The servers that a command line may name, by the flag that has the URL. */
export type AskedServer = 'targets' | 'store';

/**
 * The flags beside a server's URL that say as whom it is asked, and how it is trusted.
 *
 * @param flag the one that has the URL: the others begin with it
 * @param it the server, as a sentence has it
 */
export function serverFlags(flag: AskedServer, it: string): [string, Flag][] {
  const file = (about: string): Flag => ({ kind: 'text', values: 'files', value: 'FILE', about });
  return [
    [
      `${flag}-header`,
      {
        kind: 'text',
        value: "'NAME: VALUE'",
        about: `A header for ${it}, such as an Authorization; may be given several times.`,
      },
    ],
    [`${flag}-bearer-file`, file(`A file with a token that is sent to ${it} as a bearer.`)],
    [`${flag}-ca`, file(`The CA that the certificate of ${it} is checked with (PEM).`)],
    [`${flag}-cert`, file(`The client certificate that is shown to ${it} (PEM).`)],
    [`${flag}-key`, file('The key of that certificate (PEM).')],
  ];
}

/**
 * Completes an address with what the files say that the flags of {@link serverFlags} name.
 *
 * @returns the problem where a file can't be read, or a certificate lacks its key
 */
export async function withServerFiles(
  address: ServerAddress,
  flag: AskedServer,
  { own }: CommandLine,
  { readFile }: Pick<Shell, 'readFile'>,
): Promise<ServerAddress | { readonly problem: string }> {
  const tls: { ca?: string; cert?: string; key?: string } = {};
  const headers = { ...address.headers };
  for (const part of ['bearer-file', 'ca', 'cert', 'key'] as const) {
    const path = own.get(`${flag}-${part}`)?.at(-1);
    if (path === undefined) continue;
    try {
      const text = await readFile(path);
      if (part === 'bearer-file') headers.Authorization = `Bearer ${text.trim()}`;
      else tls[part] = text;
    } catch (error) {
      return { problem: `--${flag}-${part}: ${reasonOf(error)}` };
    }
  }
  if ((tls.cert === undefined) !== (tls.key === undefined)) {
    return { problem: `--${flag}-cert and --${flag}-key belong together` };
  }
  return { ...address, headers, tls };
}
