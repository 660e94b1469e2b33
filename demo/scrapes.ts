import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';
import { ownLabels } from '../src/catalogue/index.ts';
import type { Scrape } from '../src/kubernetes/index.ts';
import { auditEvents, type Connection } from '../test/support/control-plane.ts';
import { storedScrapes } from './agent.ts';
import type { Scene } from './scene.ts';
import type { Screen } from './screen.ts';
import { time } from './words.ts';

/** Waits until no scrape has come for half a second, and tells of each what it reads and how soon it was there. */
export async function tellScrapes({ plane }: Scene, show: Screen): Promise<readonly Scrape[]> {
  show.heading('The scrapes that autoscrape made of them');
  let scrapes = await storedScrapes(plane);
  for (let before = -1; before !== scrapes.length; ) {
    before = scrapes.length;
    await sleep(500);
    scrapes = await storedScrapes(plane);
  }
  for (const scrape of scrapes) {
    const service = scrape.annotations[ownLabels.service] ?? '';
    const delay = await delayBetween(plane, scrape.namespace, service, scrape.name);
    const what = `${reads(scrape).join(' and ')} of Service ${service}`;
    show.line(`${scrape.namespace}/${scrape.name}: ${what}, ${show.style.faint(since(delay))}`);
  }
  return scrapes;
}

/** How soon a scrape was there; it may have been made for a Service that came before, with the same pods. */
function since(delay: number | undefined): string {
  if (delay === undefined) return 'at an unknown time';
  return delay < 0 ? 'once that one was there too' : `${time(delay)} after it`;
}

/** `client /metrics every 30s`, for each endpoint. */
function reads({ endpoints }: Scrape): string[] {
  return endpoints.map(({ port, targetPort, path, interval }) =>
    [port ?? `target port ${targetPort}`, path, `every ${interval}`].join(' '),
  );
}

/** The milliseconds between the API server's answers to the first writes of a Service and of its scrape, by its audit log. */
async function delayBetween(
  plane: Pick<Connection, 'auditLog'>,
  namespace: string,
  service: string,
  scrape: string,
): Promise<number | undefined> {
  const events = await auditEvents(plane, namespace);
  const writtenAt = (resource: string, name: string): number | undefined => {
    const first = events.find(
      ({ verb, objectRef }) =>
        verb === 'patch' && objectRef?.resource === resource && objectRef.name === name,
    );
    const timed = v.safeParse(v.looseObject({ stageTimestamp: v.string() }), first);
    return timed.success ? Date.parse(timed.output.stageTimestamp) : undefined;
  };
  const from = writtenAt('services', service);
  const to = writtenAt('vmservicescrapes', scrape);
  return from === undefined || to === undefined ? undefined : to - from;
}
