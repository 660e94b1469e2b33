import { join } from 'node:path';
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
        // It has nothing but its answers.
        probe: async () => true,
        patience: 10_000,
      },
      surroundings,
    ),
};
