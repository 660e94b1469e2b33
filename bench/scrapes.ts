import { createInterface } from 'node:readline';
import * as v from 'valibot';
import { keptClient } from './client.ts';
import { scrapesPath } from './cluster.ts';
import type { Cluster } from './programs/program.ts';

const metadataSchema = v.looseObject({
  name: v.string(),
  namespace: v.string(),
  resourceVersion: v.string(),
});

const eventSchema = v.looseObject({
  type: v.picklist(['ADDED', 'MODIFIED', 'DELETED']),
  object: v.looseObject({ metadata: metadataSchema }),
});

const listSchema = v.looseObject({
  metadata: v.looseObject({ resourceVersion: v.string() }),
  items: v.array(v.looseObject({ metadata: metadataSchema })),
});

/** The scrapes of a cluster as a watch tells of them. */
export interface SeenScrapes extends Disposable {
  /** Scrapes that are there now. */
  readonly count: number;
  /** Scrapes that were made or changed since the watch began. */
  readonly writes: number;
  /** When a scrape was first seen, by `performance.now()`; undefined where it was not, or is gone. */
  seenAt(namespace: string, name: string): number | undefined;
  /** When the last event came. */
  readonly lastAt: number;
  /**
   * Resolves once the condition holds, which is looked at after each event; rejects after so many milliseconds, and when
   * the program that has to make it hold is gone.
   */
  until(
    condition: () => boolean,
    timeout: number,
    what: string,
    gone?: Promise<never>,
  ): Promise<void>;
}

/** Watches all scrapes, by their metadata alone. */
export async function watchScrapes(cluster: Cluster): Promise<SeenScrapes> {
  const client = keptClient(cluster, 2);
  const seen = new Map<string, number>();
  const listed = v.parse(
    listSchema,
    JSON.parse((await client.send('GET', `${scrapesPath}?resourceVersion=0`)).body),
  );
  const start = performance.now();
  for (const { metadata } of listed.items) seen.set(keyOf(metadata), start);
  const { resourceVersion } = listed.metadata;
  const response = await client.open(
    `${scrapesPath}?watch=true&resourceVersion=${resourceVersion}&timeoutSeconds=3600`,
    'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
  );
  let writes = 0;
  let lastAt = start;
  const waiting = new Set<() => void>();
  createInterface({ input: response }).on('line', (line) => {
    const at = performance.now();
    const event = v.parse(eventSchema, JSON.parse(line));
    lastAt = at;
    const key = keyOf(event.object.metadata);
    if (event.type === 'DELETED') seen.delete(key);
    else {
      writes += 1;
      if (!seen.has(key)) seen.set(key, at);
    }
    for (const look of waiting) look();
  });
  return {
    get count() {
      return seen.size;
    },
    get writes() {
      return writes;
    },
    get lastAt() {
      return lastAt;
    },
    seenAt: (namespace, name) => seen.get(`${namespace}/${name}`),
    until: (condition, timeout, what, gone) =>
      new Promise((resolve, reject) => {
        const end = (): void => {
          clearTimeout(timer);
          waiting.delete(look);
        };
        const look = (): void => {
          if (!condition()) return;
          end();
          resolve();
        };
        const timer = setTimeout(() => {
          end();
          reject(new Error(`${what}: not within ${timeout / 1_000} s`));
        }, timeout);
        waiting.add(look);
        look();
        gone?.catch((error) => {
          end();
          reject(error);
        });
      }),
    [Symbol.dispose]: () => {
      response.destroy();
      client[Symbol.dispose]();
    },
  };
}

function keyOf({ namespace, name }: v.InferOutput<typeof metadataSchema>): string {
  return `${namespace}/${name}`;
}
