import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlPlane } from '../../tools/control-plane.ts';
import { api } from './control-plane.ts';

/** A stream of creates of components, one after the other. */
export interface Creates {
  /** How many were tried by now. */
  count(): number;
  /** Goes on until so many more were tried. */
  more(count: number): Promise<void>;
  /** What was wrong with any of them: status and message. */
  readonly refused: readonly string[];
  /** How many came through as they were, without autoscrape. */
  missed(): number;
  /** Ends it. */
  stop(): Promise<void>;
}

/**
 * Creates a Service that autoscrape completes, again and again. The API server gives up each write after five seconds:
 * two calls of a webhook that is given up after two are less.
 */
export function startCreates(plane: ControlPlane, namespace: string): Creates {
  const path = `/api/v1/namespaces/${namespace}/services?timeout=5s`;
  const refused: string[] = [];
  let [count, missed, stopped] = [0, 0, false];
  const run = randomBytes(3).toString('hex');
  const running = (async () => {
    while (!stopped) {
      const name = `gateway-${run}-${count + 1}`;
      const labels = {
        'app.kubernetes.io/part-of': 'multigres',
        'app.kubernetes.io/component': 'multigateway',
      };
      const body = {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name, labels },
        spec: { clusterIP: 'None', selector: { app: name }, ports: [{ port: 5432 }] },
      };
      const answer = await api(plane, 'POST', path, { body });
      const stored = Object(answer.body);
      if (answer.status !== 201) refused.push(`${name}: ${answer.status} ${stored.message}`);
      else if (stored.metadata.labels['app.kubernetes.io/name'] === undefined) missed += 1;
      count += 1;
      await sleep(40);
    }
  })();
  return {
    count: () => count,
    more: async (further) => {
      const enough = count + further;
      while (count < enough) await sleep(20);
    },
    refused,
    missed: () => missed,
    stop: async () => {
      stopped = true;
      await running;
    },
  };
}
