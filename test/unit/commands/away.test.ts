import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { auditCommand } from '../../../src/commands/audit.ts';
import { command as uninstall } from '../../../src/commands/uninstall.ts';
import { freePorts, type TemporaryFolder, temporaryFolder } from '../../../tools/processes.ts';
import { runCommand } from '../../support/command.ts';

let folder: TemporaryFolder;
let kubeconfig: string;
let server: string;

beforeAll(async () => {
  folder = await temporaryFolder('away');
  const [port = 0] = await freePorts(1);
  server = `https://127.0.0.1:${port}`;
  kubeconfig = join(folder.path, 'config');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'away', cluster: { server } }],
    users: [{ name: 'away', user: { token: 'x' } }],
    contexts: [{ name: 'away', context: { cluster: 'away', user: 'away' } }],
    'current-context': 'away',
  };
  await writeFile(kubeconfig, JSON.stringify(config));
});
afterAll(() => folder?.remove());

test.each([
  ['audit', auditCommand, 2],
  ['uninstall', () => uninstall, 1],
] as const)('%s says in one sentence which API server is away', async (name, make, code) => {
  expect(await runCommand(name, make, ['--kubeconfig', kubeconfig])).toEqual({
    code,
    out: '',
    err: `the API server at ${server} can't be reached: connect ECONNREFUSED ${server.slice(8)}\n`,
  });
});
