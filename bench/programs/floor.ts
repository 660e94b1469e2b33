import { join } from 'node:path';
import { request } from '../../tools/http.ts';
import { launch } from './launch.ts';
import type { Webhook } from './program.ts';

const script = join(import.meta.dirname, '../peers/floor/main.mjs');

/** A bare Node HTTPS server that parses the review and answers a canned patch: the practical limit for Node. */
export const floor: Webhook = {
  name: 'floor',
  start: (surroundings) =>
    launch(
      {
        name: 'floor',
        program: process.execPath,
        args: (port) => [
          ...(surroundings.nodeFlags ?? []),
          script,
          String(port),
          surroundings.certificate.directory,
        ],
        path: '/',
        probe: (port) => listens(port, surroundings.certificate.ca),
        patience: 10_000,
      },
      surroundings,
    ),
};

/** It answers one kind of request alone: that it takes part in a handshake has to do. */
async function listens(port: number, ca: string): Promise<boolean> {
  const body = JSON.stringify({ request: { uid: 'probe' } });
  const answer = await request(`https://127.0.0.1:${port}/`, { method: 'POST', ca, body });
  return answer.status === 200;
}
