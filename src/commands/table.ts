import type { LazyCommand } from '../cli/command.ts';

/** Every command. Each is loaded only when it runs: what one needs does not slow the others down. */
export const commands: ReadonlyMap<string, LazyCommand> = new Map<string, LazyCommand>([
  ['serve', { summary: 'run the webhook', load: () => import('./serve.ts') }],
  [
    'manifests',
    { summary: 'print the webhook registration', load: () => import('./manifests.ts') },
  ],
  [
    'review',
    {
      summary: 'say what would be done to manifests',
      failure: 2,
      load: () => import('./review.ts'),
    },
  ],
  [
    'audit',
    { summary: 'say how a cluster is covered', failure: 2, load: () => import('./audit.ts') },
  ],
  [
    'explain',
    {
      summary: 'print the reasoning for one object',
      failure: 2,
      load: () => import('./explain.ts'),
    },
  ],
  [
    'check',
    {
      summary: 'say whether the installation is as it should be',
      failure: 2,
      load: () => import('./check.ts'),
    },
  ],
  [
    'findings',
    { summary: 'list what can be found, or print one code', load: () => import('./findings.ts') },
  ],
  [
    'wait',
    {
      summary: 'wait until components are covered, or have samples',
      failure: 2,
      load: () => import('./wait.ts'),
    },
  ],
  ['uninstall', { summary: 'remove the registration', load: () => import('./uninstall.ts') }],
  ['certs', { summary: 'make certificates', load: () => import('./certs.ts') }],
  [
    'completion',
    { summary: 'print what completes commands in a shell', load: () => import('./completion.ts') },
  ],
  ['version', { summary: 'print the version', load: () => import('./version.ts') }],
]);
