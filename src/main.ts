import { readFile } from 'node:fs/promises';
import { dispatch, failureOf, type LazyCommand } from './commands/dispatch.ts';

/** Every command. Each is loaded only when it runs: what one needs does not slow the others down. */
const commands: ReadonlyMap<string, LazyCommand> = new Map([
  ['serve', { summary: 'run the webhook', load: () => import('./commands/serve.ts') }],
  [
    'manifests',
    { summary: 'print the webhook registration', load: () => import('./commands/manifests.ts') },
  ],
  [
    'review',
    {
      summary: 'say what would be done to manifests',
      failure: 2,
      load: () => import('./commands/review.ts'),
    },
  ],
  [
    'audit',
    {
      summary: 'say how a cluster is covered',
      failure: 2,
      load: () => import('./commands/audit.ts'),
    },
  ],
  [
    'explain',
    {
      summary: 'print the reasoning for one object',
      failure: 2,
      load: () => import('./commands/explain.ts'),
    },
  ],
  [
    'uninstall',
    { summary: 'remove the registration', load: () => import('./commands/uninstall.ts') },
  ],
  ['certs', { summary: 'make certificates', load: () => import('./commands/certs.ts') }],
  ['version', { summary: 'print the version', load: () => import('./commands/version.ts') }],
]);

const args = process.argv.slice(2);
const failure = failureOf(commands, args);

/** Says why the command ends, and ends it. */
function fail(error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  process.stderr.write(`autoscrape: ${reason}\n`);
  process.exit(failure);
}

// Node's own code for what nobody caught is 1. What serves catches it itself.
if (failure !== 1) process.on('uncaughtException', fail);

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Who reads the results has seen enough of them (`| head`).
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

dispatch(commands, args, {
  environment: process.env,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  readFile: (path) => readFile(path, 'utf8'),
  now: () => new Date(),
  process,
  // What a command could not even begin with: a port that is taken, a folder that can't be written.
}).then((code) => {
  process.exitCode = code;
}, fail);
