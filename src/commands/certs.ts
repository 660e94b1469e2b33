import { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import { keepCertificates, serviceNames } from '../certificates/index.ts';
import { type Command, strayWords } from '../cli/command.ts';
import { reasonOf } from '../ground/reason.ts';
import { isObjectName } from '../kubernetes/index.ts';
import type { CommandLine, Flag } from '../settings/index.ts';

const usual = {
  dir: 'certs/dev',
  service: 'autoscrape',
  namespace: 'autoscrape-system',
  days: '365',
} as const;

export const command: Command = {
  usage: 'certs [flags]',
  help: `Makes a CA and a serving certificate that it signs, for development and tests: ca.crt, tls.crt and tls.key.
What is there stays while it is right and has a third of its time left.`,
  flags: new Map<string, Flag>([
    [
      'dir',
      {
        kind: 'text',
        values: 'files',
        value: 'DIR',
        usual: usual.dir,
        about: 'The folder to write to.',
      },
    ],
    [
      'service',
      {
        kind: 'text',
        value: 'NAME',
        usual: usual.service,
        about: 'The Service that the API server will call.',
      },
    ],
    [
      'namespace',
      {
        kind: 'text',
        value: 'NAME',
        usual: usual.namespace,
        about: 'The namespace of that Service.',
      },
    ],
    ['dns', { kind: 'text', value: 'NAME', about: 'A further DNS name; may be given again.' }],
    ['ip', { kind: 'text', value: 'ADDRESS', about: 'A further IP address; may be given again.' }],
    ['days', { kind: 'text', value: 'N', usual: usual.days, about: 'How long they are valid.' }],
  ]),
  settings: false,
  run: async (line, { out, err, now }) => {
    const asked = request(line);
    if (asked.problems.length > 0) {
      err(asked.problems.map((problem) => `${problem}\n`).join(''));
      return 2;
    }
    const { dir, names, days } = asked;
    try {
      const kept = await keepCertificates(dir, names, { now: now(), days }, webcrypto);
      const until = kept.notAfter.toISOString();
      const what =
        kept.made === undefined
          ? `The certificates in ${dir} are right, and valid until ${until}.`
          : `Made certificates in ${dir}, valid until ${until} (${kept.made}).`;
      const next = [
        `  autoscrape serve --server-tls-directory ${dir}`,
        `  autoscrape manifests --ca-bundle ${kept.files.ca} | kubectl apply --server-side -f -`,
      ];
      out([what, 'Next:', ...next, ''].join('\n'));
      return 0;
    } catch (error) {
      err(`${dir}: ${reasonOf(error)}\n`);
      return 1;
    }
  },
};

function request(line: CommandLine) {
  const all = (flag: string) => line.own.get(flag) ?? [];
  const one = (flag: keyof typeof usual) => all(flag).at(-1) ?? usual[flag];
  const problems = strayWords(line, 'certs');
  const expect = (right: boolean, flag: string, found: string, expected: string) => {
    if (!right) problems.push(`--${flag}: found ${JSON.stringify(found)}, expected ${expected}`);
  };
  const service = one('service');
  const namespace = one('namespace');
  const days = one('days');
  const dns = all('dns');
  const ips = all('ip');
  expect(isObjectName(service), 'service', service, 'the name of a Service');
  expect(isObjectName(namespace), 'namespace', namespace, 'the name of a namespace');
  for (const name of dns) {
    expect(isObjectName(name.replace(/^\*\./, '')), 'dns', name, 'a DNS name');
  }
  for (const address of ips) expect(isIP(address) !== 0, 'ip', address, 'an IP address');
  const isDays = /^\d{1,4}$/.test(days) && Number(days) > 0;
  expect(isDays, 'days', days, 'a whole number from 1 to 9999');
  return {
    dir: one('dir'),
    names: { dns: [...serviceNames(service, namespace), ...dns], ips },
    days: Number(days),
    problems,
  };
}
