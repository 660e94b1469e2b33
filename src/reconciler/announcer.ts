import { createHash } from 'node:crypto';
import { type Client, resources } from '../cluster/api/index.ts';
import type { Clock } from '../ground/clock.ts';
import type { Log } from '../ground/log.ts';
import type { Service } from '../kubernetes/index.ts';
import { microTime } from './lease.ts';
import { TokenBucket } from './token-bucket.ts';
import type { Announcement } from './words.ts';

export interface AnnouncerOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Log;
  /** Who tells: the identity of this process. */
  readonly instance: string;
  /** Whether there is nothing more urgent: Events wait for the scrapes. */
  readonly idle: () => boolean;
  /** Counts what became of an Event. */
  readonly told: (reason: string, outcome: 'sent' | 'known' | 'dropped' | 'failed') => void;
}

/** Events waiting at most; more are dropped. */
const mostWaiting = 1_000;
/** Events remembered at most, so that none is told twice. */
const mostKnown = 4_096;
/** Of all Services together: so many at once, then ten a second. */
const atOnce = 50;
const perSecond = 10;
/** Of one Service: ten at once, then one in five minutes. client-go's filter allows 25 and the same. */
const ofOneAtOnce = 10;
const ofOneEvery = 300_000;
/** An Event's note has at most 1,024 bytes (events.k8s.io/v1), of which the names in it may take more than they have characters. */
const longestNote = 1_000;
/** So many milliseconds an Event waits at most for more urgent work. */
const patience = 10_000;
/** When Events may not be written, they are not tried for so many milliseconds. */
const refusedFor = 600_000;

interface Waiting {
  /** When it was to be told. */
  readonly since: number;
  readonly service: Service;
  readonly announcement: Announcement;
}

/**
 * Tells people by Events on the Service. One thing is told once: the Event's name is made from what it says, so that
 * neither another replica nor the next process says it again while it is there. Few are told, and none is waited for.
 */
export class Announcer {
  readonly #options: AnnouncerOptions;
  readonly #waiting: Waiting[] = [];
  readonly #known = new Set<string>();
  readonly #all: TokenBucket;
  readonly #each = new Map<string, TokenBucket>();
  #sending = false;
  #stopped = false;
  #silentUntil = 0;

  constructor(options: AnnouncerOptions) {
    this.#options = options;
    this.#all = new TokenBucket(atOnce, perSecond / 1000, options.clock);
  }

  /** Tells it some time soon, or not at all. */
  tell(service: Service, announcement: Announcement): void {
    const { clock, told } = this.#options;
    const what = `${service.uid} ${announcement.reason} ${announcement.note}`;
    if (this.#known.has(what)) return;
    if (this.#known.size >= mostKnown) this.#known.clear();
    this.#known.add(what);
    const silent = this.#stopped || clock.now() < this.#silentUntil;
    if (silent || this.#waiting.length >= mostWaiting || !this.#bucketOf(service.uid).take()) {
      told(announcement.reason, 'dropped');
      return;
    }
    this.#waiting.push({ since: clock.now(), service, announcement });
    this.#wake();
  }

  /** Forgets what waits. */
  stop(): void {
    this.#stopped = true;
    this.#waiting.length = 0;
  }

  #bucketOf(uid: string): TokenBucket {
    const found = this.#each.get(uid);
    if (found !== undefined) return found;
    if (this.#each.size >= mostKnown) this.#each.clear();
    const bucket = new TokenBucket(ofOneAtOnce, 1 / ofOneEvery, this.#options.clock);
    this.#each.set(uid, bucket);
    return bucket;
  }

  #wake(): void {
    if (this.#sending) return;
    this.#sending = true;
    this.#later(0);
  }

  #later(ms: number): void {
    this.#options.clock.after(ms, () => {
      void this.#sendNext();
    });
  }

  async #sendNext(): Promise<void> {
    const { clock, idle } = this.#options;
    const [next] = this.#waiting;
    if (next === undefined || this.#stopped) {
      this.#sending = false;
      return;
    }
    const wait = this.#all.wait();
    const patient = clock.now() - next.since < patience;
    if (wait > 0 || (patient && !idle())) {
      this.#later(Math.max(wait, 100));
      return;
    }
    this.#waiting.shift();
    this.#all.take();
    await this.#send(next, clock.wall());
    this.#later(0);
  }

  async #send({ service, announcement }: Waiting, wall: number): Promise<void> {
    const { client, clock, instance, log, told } = this.#options;
    const { type, reason, note } = announcement;
    const result = await client.create(resources.events, service.namespace, {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: nameOf(service, announcement), namespace: service.namespace },
      eventTime: microTime(new Date(wall)),
      reportingController: 'autoscrape.multigres.com',
      reportingInstance: instance.slice(0, 128),
      action: 'Reconcile',
      type,
      reason,
      note: note.slice(0, longestNote),
      regarding: {
        apiVersion: 'v1',
        kind: 'Service',
        namespace: service.namespace,
        name: service.name,
        uid: service.uid,
        resourceVersion: service.resourceVersion,
      },
    });
    if (result.ok) {
      told(reason, 'sent');
      return;
    }
    if (result.error.status === 409) {
      told(reason, 'known');
      return;
    }
    told(reason, 'failed');
    if (result.error.status === 403 && clock.now() >= this.#silentUntil) {
      this.#silentUntil = clock.now() + refusedFor;
      this.#waiting.length = 0;
      log.warn({ error: result.error.message }, 'Events may not be written');
    }
  }
}

function nameOf({ name, uid }: Service, { reason, note }: Announcement): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([uid, reason, note]))
    .digest('hex');
  return `${name}.${hash.slice(0, 16)}`;
}
