import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Behave, type Misbehaving, misbehaving } from './misbehaving-server.ts';

/** A server that answers as a test says, and a kubeconfig that leads commands to it, under a path. */
export interface LiveServer extends AsyncDisposable {
  readonly kubeconfig: string;
  readonly address: string;
  readonly server: Misbehaving;
}

/** Starts one. */
export async function liveServer(behave: Behave): Promise<LiveServer> {
  const server = await misbehaving(behave);
  const folder = await mkdtemp(join(tmpdir(), 'live-'));
  const found = server.server.address();
  const { port }: Pick<AddressInfo, 'port'> =
    typeof found === 'object' && found !== null ? found : { port: 0 };
  const address = `http://127.0.0.1:${port}/clusters/one`;
  const kubeconfig = join(folder, 'config');
  await writeFile(
    kubeconfig,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'it',
      contexts: [{ name: 'it', context: { cluster: 'it', user: 'me' } }],
      clusters: [{ name: 'it', cluster: { server: address } }],
      users: [{ name: 'me', user: { token: 'secret' } }],
    }),
  );
  return {
    kubeconfig,
    address,
    server,
    [Symbol.asyncDispose]: async () => {
      await server.stop();
      await rm(folder, { recursive: true });
    },
  };
}
