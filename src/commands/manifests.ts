import { X509Certificate } from 'node:crypto';
import type { Command, Shell } from '../cli/command.ts';
import { configuration } from '../cli/configuration.ts';
import { reasonOf } from '../ground/reason.ts';
import { isObjectName } from '../kubernetes/index.ts';
import {
  defaultRegistration,
  type RegistrationOptions,
  registration,
  registrationYaml,
} from '../registration/index.ts';
import type { CommandLine, Flag, Settings } from '../settings/index.ts';

export const command: Command = {
  usage: 'manifests [--ca-bundle FILE] [--name NAME] [--service NAME | --url URL] [flags]',
  help: `Prints the webhook registration (YAML) that fits the catalogue and the settings in use, for
\`kubectl apply --server-side -f -\`. With scrapes.findings off, that of scrapes has no webhook; that
of MultigresClusters is there where push.endpoint is set.`,
  flags: new Map<string, Flag>([
    [
      'ca-bundle',
      {
        kind: 'text',
        values: 'files',
        value: 'FILE',
        about: 'The CA of the certificate that autoscrape serves (PEM).',
      },
    ],
    [
      'name',
      {
        kind: 'text',
        value: 'NAME',
        usual: defaultRegistration.name,
        about: 'The name of both configurations.',
      },
    ],
    [
      'service',
      {
        kind: 'text',
        value: 'NAME',
        usual: 'autoscrape',
        about: 'The Service in front of autoscrape, in kubernetes.namespace.',
      },
    ],
    [
      'service-account',
      {
        kind: 'text',
        value: 'NAME',
        usual: 'autoscrape',
        about: 'The service account as which autoscrape writes.',
      },
    ],
    [
      'url',
      {
        kind: 'text',
        value: 'URL',
        about: 'Where autoscrape is, instead of a Service: https://host:port.',
      },
    ],
  ]),
  settings: true,
  run: async (line, shell) => {
    const configured = await configuration(line, shell);
    const told = 'problems' in configured ? configured.problems : [];
    const flags = await flagsOf(line, shell.readFile);
    if ('problems' in configured || flags.problems.length > 0) {
      shell.err([...told, ...flags.problems].map((problem) => `${problem}\n`).join(''));
      return 2;
    }
    const { settings, catalogue } = configured;
    shell.out(registrationYaml(registration(catalogue, optionsOf(flags, settings))));
    return 0;
  },
};

interface Flags {
  readonly name: string;
  readonly service: string;
  readonly account: string;
  readonly url: string | undefined;
  readonly caBundle: string | undefined;
  /** All that is wrong, a line each. */
  readonly problems: readonly string[];
}

function optionsOf(
  { name, service, account, url, caBundle }: Flags,
  { kubernetes: { namespace }, scrapes: { findings }, push }: Settings,
): RegistrationOptions {
  return {
    ...defaultRegistration,
    name,
    namespace,
    username: `system:serviceaccount:${namespace}:${account}`,
    reach: url === undefined ? { service, port: 443 } : { url },
    caBundle,
    findings,
    clusters: push.endpoint !== undefined,
  };
}

async function flagsOf(line: CommandLine, readFile: Shell['readFile']): Promise<Flags> {
  const given = (flag: string) => line.own.get(flag)?.at(-1);
  const problems: string[] = line.positionals.map(
    (word) => `${JSON.stringify(word)}: manifests takes flags alone`,
  );
  const named = (flag: string) => {
    const value = given(flag) ?? 'autoscrape';
    if (!isObjectName(value)) {
      problems.push(`--${flag}: found ${JSON.stringify(value)}, expected a name (a DNS subdomain)`);
    }
    return value;
  };
  const [name, service, account] = [named('name'), named('service'), named('service-account')];
  const url = given('url');
  if (url !== undefined && given('service') !== undefined) {
    problems.push('--url: found --service too, expected one of them');
  }
  if (url !== undefined && !isBaseUrl(url)) {
    problems.push(`--url: found ${JSON.stringify(url)}, expected https://host:port and no path`);
  }
  const file = given('ca-bundle');
  const bundle = file === undefined ? undefined : await caBundle(file, readFile);
  if (typeof bundle === 'object') problems.push(`--ca-bundle: ${bundle.problem}`);
  return {
    name,
    service,
    account,
    url: url?.replace(/\/$/, ''),
    caBundle: typeof bundle === 'string' ? bundle : undefined,
    problems,
  };
}

/** The API server calls HTTPS alone, and takes neither credentials nor a query or fragment in a webhook's URL. */
function isBaseUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, host, href } = new URL(text);
  return protocol === 'https:' && href === `https://${host}/`;
}

const certificates = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** The text of a file of certificates, and of nothing else: everybody may read a registration. */
async function caBundle(
  file: string,
  readFile: Shell['readFile'],
): Promise<string | { readonly problem: string }> {
  let text: string;
  try {
    text = await readFile(file);
  } catch (error) {
    const reason = reasonOf(error);
    return { problem: `${file} can't be read: ${reason}` };
  }
  if (text.includes('PRIVATE KEY')) {
    return { problem: `${file} holds a private key, expected certificates alone` };
  }
  const found = text.match(certificates) ?? [];
  if (found.length === 0) return { problem: `${file} holds no certificate (PEM)` };
  for (const [index, pem] of found.entries()) {
    try {
      new X509Certificate(pem);
    } catch {
      return { problem: `${file}: certificate ${index + 1} can't be read` };
    }
  }
  return `${found.join('\n')}\n`;
}
