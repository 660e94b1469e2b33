/**
 * Shows what becomes of watches whose server vanishes without a word: run in a network namespace of its own, as its
 * root, it gives the loopback another address, watches a server there, takes the address away (from then on nothing that
 * is sent arrives, and nobody says so), and prints what is noticed and told within 30 s.
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { noClusterInstruments, Transport } from '../../src/cluster/api/index.ts';
import { type Clock, systemClock } from '../../src/ground/clock.ts';
import { noLog } from '../../src/ground/log.ts';
import { plainTls } from './raw-server.ts';

const address = '198.51.100.1';
const ip = (...args: readonly string[]) => execFileSync('ip', args);

ip('link', 'set', 'lo', 'up');
ip('address', 'add', `${address}/32`, 'dev', 'lo');
const server = createServer((socket) => {
  socket.on('error', () => {});
  socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'));
});
server.listen(0, address);
await once(server, 'listening');
const bound = server.address();
const port = typeof bound === 'object' && bound !== null ? bound.port : 0;

/** Begins a watch. Gives what was told by its end, or by the end of the time. */
async function watch(clock: Clock): Promise<() => Promise<readonly string[]>> {
  const told: string[] = [];
  const transport = new Transport({
    access: {
      server: new URL(`http://${address}:${port}`),
      namespace: '',
      credentials: async () => ({ tls: plainTls, headers: {} }),
    },
    clock,
    random: () => 0,
    instruments: noClusterInstruments,
    userAgent: 'test',
    log: { ...noLog, warn: (_, message) => told.push(message) },
  });
  const begun = await transport.open({ verb: 'watch', path: '/watch', resource: 'things' });
  if (!begun.ok) throw new Error(begun.error.message);
  const ended = new Promise((resolve) => {
    begun.value.resume().once('close', () => resolve('ended'));
  });
  return async () => {
    const how = await Promise.race([ended, sleep(30_000, 'goes on')]);
    return [String(how), ...told];
  };
}

// A clock on which nothing is ever due: only the kernel is left to notice anything.
const [kernel, all] = await Promise.all([
  watch({ ...systemClock, after: () => () => {} }),
  watch(systemClock),
]);
ip('address', 'del', `${address}/32`, 'dev', 'lo');
const [byKernel, byAll] = await Promise.all([kernel(), all()]);
console.log(JSON.stringify({ byKernel, byAll }));
process.exit();
