import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import { CONNECTION_FILE } from './control-plane.ts';

/** The control plane of this Jest run: state that its set-up and its tear-down share. */
let shared: ControlPlane | undefined;

/**
 * Starts the control plane that all suites of a run share, and says in the environment, which Jest's
 * workers inherit, where the file is that describes it. If Jest is killed, it dies too.
 */
export async function startShared(): Promise<void> {
  shared = await startControlPlane({ label: 'jest', serviceRange: serviceRange(process.platform) });
  const { server, ca, token, kubeconfig, etcdUrl, serviceRange: range, auditLog, folder } = shared;
  const file = join(folder, 'connection.json');
  const connection = {
    server,
    ca,
    token,
    kubeconfig,
    etcdUrl,
    serviceRange: range,
    auditLog,
    folder,
  };
  await writeFile(file, JSON.stringify(connection));
  process.env[CONNECTION_FILE] = file;
}

/** Stops it again. */
export async function stopShared(): Promise<void> {
  await shared?.stop();
  shared = undefined;
}

/**
 * On Linux all of 127.0.0.0/8 is this machine, so that a Service's address is one where a test can
 * listen. Each run takes another part of it: two runs at once do not meet.
 */
function serviceRange(platform: string): string {
  if (platform !== 'linux') return '10.96.0.0/16';
  return `127.${64 + (process.pid % 128)}.0.0/16`;
}
