import {
  type ApiResult,
  type Client,
  failure,
  field,
  isConflict,
  isGone,
  resources,
} from '../cluster/api/index.ts';
import { type Clock, pause } from '../ground/clock.ts';
import type { Log } from '../ground/log.ts';

/** Milliseconds. client-go's leaders keep 15 s, renew within 10 s and retry each 2 s; ours lose nothing but a pause. */
export interface LeaseTiming {
  /** A lease that was not renewed for that long is anybody's. */
  readonly duration: number;
  /** The leader stops writing when it could not renew for that long: well before others may begin. */
  readonly deadline: number;
  /** The leader renews, and others look, that often. */
  readonly period: number;
}

export const leaseTiming: LeaseTiming = { duration: 5_000, deadline: 3_500, period: 1_200 };

export interface LeadershipOptions {
  readonly client: Client;
  readonly namespace: string;
  readonly name: string;
  /** Unlike every other process's, also of the same pod's earlier ones. */
  readonly identity: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  /** Called when leadership is won and when it is lost. */
  readonly changed: (leads: boolean) => void;
  readonly timing?: LeaseTiming;
  /** Who owns the Lease, so that it goes with them; asked once, before the first write. */
  readonly owners?: () => Promise<readonly object[]>;
}

interface Instant {
  readonly now: number;
  readonly wall: number;
}

/** What a Lease says (coordination.k8s.io/v1 LeaseSpec). */
interface Record {
  readonly holder: string;
  readonly renewTime: string;
  readonly transitions: number;
  readonly acquireTime: string;
  /** Milliseconds, as its holder wrote it. */
  readonly duration: number;
  readonly resourceVersion: string;
}

/**
 * Leadership by a Lease, as client-go does it: what counts is how long *we* have seen it unchanged, never the times in
 * it, so that clocks may differ (https://kubernetes.io/docs/concepts/architecture/leases/).
 *
 * A leader that cannot renew stops leading before anybody else may start, by its own monotonic clock, whether or not
 * its timers ran in time: `leads` looks at the clock.
 */
export class Leadership {
  readonly #options: LeadershipOptions;
  readonly #timing: LeaseTiming;
  readonly #stop = new AbortController();
  /** What we last saw, and when we first saw it so. */
  #seen: { readonly record: Record | undefined; readonly at: number } | undefined;
  /** Begin of the last successful renewal, by both clocks; undefined when we don't lead. */
  #renewed: Instant | undefined;
  #told = false;
  #failing = false;
  #running: Promise<void> | undefined;
  #owners: readonly object[] | undefined;

  constructor(options: LeadershipOptions) {
    this.#options = options;
    this.#timing = options.timing ?? leaseTiming;
  }

  /**
   * Whether we may write at this moment. The machine's clock counts too: the monotonic one stands still while a
   * virtual machine is suspended.
   */
  get leads(): boolean {
    if (this.#renewed === undefined) return false;
    const { clock } = this.#options;
    const { now, wall } = this.#renewed;
    const { deadline } = this.#timing;
    return clock.now() - now < deadline && clock.wall() - wall < deadline;
  }

  /** Whether nobody else can have taken over yet: when we don't {@link leads} at this moment, we may soon again. */
  get holds(): boolean {
    return this.#renewed !== undefined;
  }

  /** Who leads, as far as we have seen; empty where nobody does. */
  get leader(): string {
    return this.#seen?.record?.holder ?? '';
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends it, and gives the Lease back if it is ours, so that another need not wait for its end. Write nothing afterwards. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    const held = this.#renewed !== undefined ? this.#seen?.record : undefined;
    this.#renewed = undefined;
    this.#tell();
    if (held === undefined) return;
    const now = new Date(this.#options.clock.wall());
    await this.#put({ ...held, holder: '', duration: 1_000, renewTime: microTime(now) });
  }

  async #run(): Promise<void> {
    const { clock, random } = this.#options;
    while (!this.#stop.signal.aborted) {
      await this.#attempt({ now: clock.now(), wall: clock.wall() });
      this.#tell();
      await pause(clock, this.#wait() * (1 - random() / 10), this.#stop.signal);
    }
  }

  #wait(): number {
    const { clock } = this.#options;
    const { period, deadline } = this.#timing;
    const now = clock.now();
    if (this.#renewed !== undefined) {
      // A renewal that failed is tried again soon: there is not much time.
      return now - this.#renewed.now > period ? deadline / 8 : period;
    }
    const seen = this.#seen;
    if (seen?.record === undefined || seen.record.holder === '') return period;
    // When the other's time is over, at once.
    const left = seen.at + this.#promised(seen.record) - now;
    return left > 0 && left < period ? left * 1.2 + 10 : period;
  }

  /** How long the holder may be silent before the Lease is anybody's, in milliseconds. */
  #promised(record: Record): number {
    return Math.max(record.duration, this.#timing.duration);
  }

  async #attempt(began: Instant): Promise<void> {
    const before = this.#renewed === undefined ? undefined : this.#seen?.record;
    // The holder need not read what it wrote itself, as long as nobody else has.
    const updated = before === undefined ? undefined : await this.#renew(before, began);
    if (updated === true) return;
    const read = await this.#read();
    if (read === undefined) {
      if (!this.leads) this.#renewed = undefined;
      return;
    }
    if (read.record?.holder === this.#options.identity) {
      if ((await this.#renew(read.record, began)) !== true && !this.leads)
        this.#renewed = undefined;
      return;
    }
    this.#renewed = undefined;
    if (this.#isFree(read)) await this.#acquire(read.record, began);
  }

  /** Whether nobody has the Lease, or its holder has not renewed it for as long as it promised to, as we have seen it. */
  #isFree({ record, at }: { readonly record: Record | undefined; readonly at: number }): boolean {
    if (record === undefined || record.holder === '') return true;
    return this.#options.clock.now() - at > this.#promised(record);
  }

  /** The Lease as it is; undefined when it can't be read. */
  async #read(): Promise<{ readonly record: Record | undefined; readonly at: number } | undefined> {
    const { client, namespace, name, clock } = this.#options;
    const result = leaseIn(await client.get(resources.leases, namespace, name, this.#limits()));
    if (!result.ok && !isGone(result.error, name)) {
      this.#report(result);
      return undefined;
    }
    this.#failing = false;
    const record = result.ok ? result.value : undefined;
    const seen = this.#seen;
    const same =
      seen !== undefined &&
      seen.record?.resourceVersion === record?.resourceVersion &&
      seen.record?.holder === record?.holder;
    this.#seen = same ? seen : { record, at: clock.now() };
    return this.#seen;
  }

  async #renew(record: Record, began: Instant): Promise<boolean> {
    const now = microTime(new Date(this.#options.clock.wall()));
    const held = await this.#put({ ...record, renewTime: now, duration: this.#timing.duration });
    if (held) this.#renewed = began;
    return held;
  }

  async #acquire(record: Record | undefined, began: Instant): Promise<void> {
    const now = microTime(new Date(this.#options.clock.wall()));
    const won = await this.#put({
      holder: this.#options.identity,
      renewTime: now,
      acquireTime: now,
      transitions: record === undefined ? 0 : record.transitions + 1,
      duration: this.#timing.duration,
      resourceVersion: record?.resourceVersion ?? '',
    });
    if (won) this.#renewed = began;
  }

  /** Writes the Lease, if it is still as we saw it. */
  async #put(record: Record): Promise<boolean> {
    const { client, namespace, name, clock } = this.#options;
    this.#owners ??= (await this.#options.owners?.()) ?? [];
    const lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        name,
        namespace,
        ...(this.#owners.length === 0 ? {} : { ownerReferences: this.#owners }),
        ...(record.resourceVersion === '' ? {} : { resourceVersion: record.resourceVersion }),
      },
      spec: {
        holderIdentity: record.holder,
        leaseDurationSeconds: Math.ceil(record.duration / 1000),
        acquireTime: record.acquireTime,
        renewTime: record.renewTime,
        leaseTransitions: record.transitions,
      },
    };
    const result = leaseIn(
      record.resourceVersion === ''
        ? await client.create(resources.leases, namespace, lease, this.#limits())
        : await client.update(resources.leases, namespace, name, lease, this.#limits()),
    );
    if (!result.ok) {
      if (!isConflict(result.error)) this.#report(result);
      return false;
    }
    this.#failing = false;
    this.#seen = { record: result.value, at: clock.now() };
    return true;
  }

  #limits(): { readonly timeout: number; readonly retries: number } {
    return { timeout: this.#timing.deadline / 2, retries: 0 };
  }

  #report(result: ApiResult<unknown>): void {
    if (result.ok || this.#failing || this.#stop.signal.aborted) return;
    this.#failing = true;
    const { log, namespace, name } = this.#options;
    const fields = { lease: `${namespace}/${name}`, error: result.error.message };
    log.warn(fields, 'the lease of leadership can not be read or written');
  }

  #tell(): void {
    const leads = this.#renewed !== undefined;
    if (leads === this.#told) return;
    this.#told = leads;
    this.#options.changed(leads);
  }
}

/** The Lease that was answered; an answer that is none is no Lease that nobody holds, and no renewal. */
function leaseIn(answer: ApiResult<unknown>): ApiResult<Record> {
  if (!answer.ok) return answer;
  if (field(answer.value, 'kind') === 'Lease') return { ok: true, value: recordOf(answer.value) };
  return { ok: false, error: failure('unreadable', 'the answer is no Lease') };
}

function recordOf(lease: unknown): Record {
  const spec = field(lease, 'spec');
  const text = (from: unknown, key: string): string => {
    const value = field(from, key);
    return typeof value === 'string' ? value : '';
  };
  const seconds = field(spec, 'leaseDurationSeconds');
  const transitions = field(spec, 'leaseTransitions');
  return {
    holder: text(spec, 'holderIdentity'),
    renewTime: text(spec, 'renewTime'),
    acquireTime: text(spec, 'acquireTime'),
    transitions: typeof transitions === 'number' ? transitions : 0,
    duration: typeof seconds === 'number' ? seconds * 1000 : 0,
    resourceVersion: text(field(lease, 'metadata'), 'resourceVersion'),
  };
}

/** metav1.MicroTime: six digits. */
export function microTime(date: Date): string {
  return date.toISOString().replace('Z', '000Z');
}
