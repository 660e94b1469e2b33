/**
 * Shows what becomes of watches whose server vanishes without a word: run in a network namespace of its own, as its
 * root, it gives the loopback another address, watches a server there, takes the address away (from then on nothing that
 * is sent arrives, and nobody says so), and prints what is noticed within 30 s.
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { agentOf } from '../../src/cluster/agents.ts';
import { noClusterInstruments, noLog, systemClock, Transport } from '../../src/cluster/index.ts';

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
const url = new URL(`http://${address}:${port}`);
const tls = { ca: undefined, cert: undefined, key: undefined, servername: undefined, verify: true };

// By the connection alone.
const agent = agentOf(url, tls, undefined);
if (agent === undefined) throw new Error('no agent');
const asked = request({ agent, host: address, port }).end();
await once(asked, 'response');
const broken = new Promise((resolve) => {
  asked.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
});

// By everything that looks after a watch.
const told: string[] = [];
const transport = new Transport({
  access: { server: url, namespace: '', credentials: async () => ({ tls, headers: {} }) },
  clock: systemClock,
  random: () => 0,
  instruments: noClusterInstruments,
  userAgent: 'test',
  log: { ...noLog, warn: (_, message) => told.push(message) },
});
const watch = await transport.open({ verb: 'watch', path: '/watch', resource: 'things' });
if (!watch.ok) throw new Error(watch.error.message);
const ended = new Promise((resolve) => {
  watch.value.resume().once('close', () => resolve('ended'));
});

ip('address', 'del', `${address}/32`, 'dev', 'lo');
const late = sleep(30_000, 'not within 30 s', { ref: false });
const seen = {
  connection: await Promise.race([broken, late]),
  watch: await Promise.race([ended, late]),
  told,
};
console.log(JSON.stringify(seen));
process.exit();
