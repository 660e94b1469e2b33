import type { ServerSettings } from '../settings/index.ts';
import type { Listening } from './listen.ts';
import type { Traffic } from './traffic.ts';

/** How a server ended: every request answered, or some cut off at the deadline. */
export interface Drained {
  readonly cut: number;
}

/**
 * Stops as an API server needs it: it goes on sending over open connections, and to this pod, until it has heard
 * that the endpoint is gone. So: not ready any more; still answering, each answer the last of its connection; then no
 * new connections; and at the deadline an end in any case.
 *
 * @param sleep resolves after so many milliseconds
 */
export async function drain(
  servers: readonly Listening[],
  traffic: Traffic,
  { propagation, deadline }: ServerSettings['drain'],
  sleep: (milliseconds: number) => Promise<void>,
): Promise<Drained> {
  traffic.draining = true;
  await sleep(propagation);
  const closed = Promise.all(servers.map((server) => server.close()));
  const answered = traffic.idle().then(() => sleep(settle));
  await Promise.race([closed, answered, sleep(deadline - propagation)]);
  const cut = traffic.inFlight;
  for (const server of servers) server.cut();
  await closed;
  return { cut };
}

/** For the last bytes of the last answer; connections that are open without a request don't hold us up for longer. */
const settle = 250;
