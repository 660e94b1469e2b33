import { findBinaries } from '../../tools/binaries.ts';
import { launch } from './launch.ts';
import type { Webhook } from './program.ts';

/** A typed webhook on controller-runtime, with one thread for Go code, as one Node process has for JavaScript. */
export const go: Webhook = {
  name: 'go',
  start: async (surroundings) => {
    const pathOf = await findBinaries(['peer-webhook']);
    const { certificate } = surroundings;
    return launch(
      {
        name: 'go',
        program: pathOf('peer-webhook'),
        args: (port) => [`-port=${port}`, `-certs=${certificate.directory}`],
        env: () => ({ GOMAXPROCS: '1' }),
        path: '/mutate?timeout=2s',
        // It has nothing but its answers.
        probe: async () => true,
        patience: 10_000,
      },
      surroundings,
    );
  },
};
