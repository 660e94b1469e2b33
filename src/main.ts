import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { dispatch, failureOf } from './cli/dispatch.ts';
import { commands } from './commands/table.ts';
import { reasonOf } from './ground/reason.ts';

const [, program = '', ...words] = process.argv;
// kubectl asks a program of this name what could come after `kubectl autoscrape`
// (https://kubernetes.io/docs/tasks/extend-kubectl/kubectl-plugins/).
const args = basename(program) === 'kubectl_complete-autoscrape' ? ['__complete', ...words] : words;
const failure = failureOf(commands, args);

/** Says why the command ends, and ends it. */
function fail(error: unknown): void {
  const reason = reasonOf(error);
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
