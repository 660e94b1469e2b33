import { type webcrypto, X509Certificate } from 'node:crypto';
import { type ApiError, type Client, isConflict } from '../cluster/api/index.ts';
import { backoff } from '../ground/backoff.ts';
import type { ReadinessCheck } from '../ground/check.ts';
import { type Clock, pause } from '../ground/clock.ts';
import type { Log } from '../ground/log.ts';
import { reasonOf } from '../ground/reason.ts';
import type { Names } from './issue.ts';
import {
  bundleOf,
  distinct,
  type JudgedMaterial,
  judge,
  type Lifetimes,
  type Material,
  type Work,
} from './material.ts';
import {
  distrusting,
  putBundle,
  type Registered,
  readRegistrations,
  trustedBy,
} from './registrations.ts';
import { remake } from './remake.ts';
import { type Held, isVacant, readSecret, type SecretRef, writeSecret } from './secret.ts';
import type { CertificatePair } from './servable.ts';

export interface KeeperOptions {
  /** Writes under the field manager {@link certificateManager}; undefined while there is no way to the API server. */
  readonly client: () => Client | undefined;
  /** Whether this is the replica that writes. */
  readonly leads: () => boolean;
  /** Where certificates are kept. */
  readonly secret: SecretRef;
  /** Name of both registrations. */
  readonly registrations: string;
  readonly names: Names;
  /** Who owns the Secret, so that it goes with them. */
  readonly owners?: (client: Client) => Promise<readonly object[]>;
  readonly lifetimes: Lifetimes;
  /** How often everything is looked at, in milliseconds. */
  readonly poll: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly crypto: webcrypto.Crypto;
  readonly log: Log;
}

/** The field manager of `caBundle` in the registrations, and of the Secret. */
export const certificateManager = 'autoscrape-certificates';

/** What this replica serves, or would. */
interface Chosen {
  readonly pair: CertificatePair;
  readonly issuer: X509Certificate;
  readonly notAfter: Date;
}

/** Milliseconds. An API server hears of a changed registration by a watch: of several, the slowest one counts. */
const longestSettle = 30_000;

/** A replica that can't serve waits so long for a leader that puts things right, in milliseconds. */
const patience = 5_000;

/** Repairs of an hour that are made at once; from then on somebody else seems to write there too. */
const repairsAtOnce = 5;
const repairsForgotten = 3_600_000;

/** The next look after somebody else was faster. */
const again = 200;

/** The next look where nothing is registered yet: who registers us wants to be heard soon. */
const unregistered = 2_000;

/**
 * Keeps certificates in a Secret, and the registrations trusting them; every replica runs one.
 *
 * Everything that is to be known is in the Secret and in the registrations, so that a replica that ends in the middle
 * leaves nothing that another could not go on with. The leader makes anew what is due or wrong, and puts all CAs of
 * the Secret into the registrations. Each replica changes to a certificate of another CA only when all registrations
 * have been trusting that CA for a while; until then it serves what it has.
 */
export class Keeper {
  readonly #options: KeeperOptions;
  readonly #settle: number;
  readonly #stop = new AbortController();
  /** Of each call: the next look tries again, and an end waits for none. */
  readonly #limits = { timeout: 5_000, retries: 0, signal: this.#stop.signal };
  readonly #listeners = new Set<() => void>();
  readonly #began: number;
  readonly #looked = Promise.withResolvers<void>();
  #running: Promise<void> | undefined;
  #chosen: Chosen | undefined;
  /** Whether the registrations have ever trusted what is served. */
  #trusted = false;
  /** Since when they trust a CA, whose certificate is to be served. */
  #trusting: { readonly fingerprint: string; readonly since: number } | undefined;
  /** By their fingerprints: CAs of what was served lately, and until when that counts. */
  readonly #recent = new Map<
    string,
    { readonly authority: X509Certificate; readonly until: number }
  >();
  /** What is in the way, of the Secret and of the registrations. */
  readonly #problems = new Map<'secret' | 'registrations', string>();
  #repairs = { count: 0, last: Number.NEGATIVE_INFINITY };
  /** Looks in a row after which this replica was not yet fit to serve. */
  #unfit = 0;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#settle = Math.min(longestSettle, options.lifetimes.certificate / 20);
    this.#began = options.clock.now();
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Gives up what is under way, and writes nothing more. What is served is not touched. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** Resolves when everything was looked at once, whatever came of it. */
  get looked(): Promise<void> {
    return this.#looked.promise;
  }

  /** What this replica is to serve; undefined while there is nothing. */
  get pair(): CertificatePair | undefined {
    return this.#chosen?.pair;
  }

  /** What is in the way, in words; undefined where nothing is. */
  get problem(): string | undefined {
    const [first] = this.#problems.values();
    return first;
  }

  /** Calls back when {@link pair} is another one. @returns what ends it */
  watch(changed: () => void): () => void {
    this.#listeners.add(changed);
    return () => this.#listeners.delete(changed);
  }

  /**
   * What readiness waits for: that the registrations trust what is served, once. What happens to them later is no
   * reason to take a replica away that could serve.
   */
  check(): ReadinessCheck {
    const name = 'trust';
    if (this.#trusted)
      return { name, ok: true, message: 'the registrations trust the certificate' };
    const because = this.problem ?? 'they were not looked at yet';
    return {
      name,
      ok: false,
      message: `the registrations do not trust the certificate: ${because}`,
    };
  }

  /** What it is still waiting for while it serves. */
  waiting(): readonly ReadinessCheck[] {
    return [...this.#problems].map(([what, message]) => ({ name: what, ok: false, message }));
  }

  async #run(): Promise<void> {
    const { clock } = this.#options;
    while (!this.#stop.signal.aborted) {
      let wait: number;
      try {
        wait = await this.#look();
      } catch (error) {
        // Somebody else's CA or key may be such as nobody thought of.
        this.#tell('secret', reasonOf(error));
        wait = this.#options.poll;
      }
      this.#looked.resolve();
      await pause(clock, wait, this.#stop.signal);
    }
    this.#looked.resolve();
  }

  /** Looks at everything once, and does what is to be done. @returns how long to wait for the next time */
  async #look(): Promise<number> {
    const { secret, names, lifetimes } = this.#options;
    const client = this.#options.client();
    if (client === undefined) {
      this.#tell('secret', 'no way to an API server was found');
      return this.#next(undefined);
    }
    const read = await readSecret(client, secret, this.#limits);
    if (!read.ok) {
      this.#tell('secret', `it can't be read: ${read.error.message}`);
      return this.#next(undefined);
    }
    let held = read.value;
    let judged = judge(held.material, names, lifetimes, this.#date());
    if (judged.work !== undefined && this.#mayWrite(held, judged.work)) {
      const made = await this.#renew(client, held, judged.work);
      if (made === undefined || made === 'changed') {
        return this.#next(made === undefined ? undefined : again);
      }
      held = made;
      judged = judge(held.material, names, lifetimes, this.#date());
    }
    this.#tell('secret', wrong(judged));
    return this.#next(await this.#serve(client, held.material, judged));
  }

  /** Makes anew what is to be, and stores it. Undefined where that did not work; `changed` where somebody else was faster. */
  async #renew(client: Client, held: Held, work: Work): Promise<Held | 'changed' | undefined> {
    const { secret, registrations, log, names, lifetimes, crypto } = this.#options;
    const registered = await readRegistrations(client, registrations, this.#limits);
    // What they trust may be served by somebody: it is not to be lost. Where we may not read them, we may not write them.
    if (!registered.ok && registered.error.status !== 403) {
      this.#tell('registrations', unreadable(registered.error));
      return undefined;
    }
    const now = this.#date();
    const also = registered.ok ? trustedBy(registered.value) : [];
    const material = await remake(held.material, work, also, { names, lifetimes, now, crypto });
    if (this.#stop.signal.aborted) return undefined;
    const owners = (await this.#options.owners?.(client)) ?? [];
    const written = await writeSecret(client, secret, held, material, owners, this.#limits);
    if (!written.ok) {
      if (isConflict(written.error)) return 'changed';
      this.#tell('secret', `it can't be written: ${written.error.message}`);
      return undefined;
    }
    const line = { secret: where(secret), because: work.because };
    const isFirst = isVacant(held) && this.#chosen === undefined;
    if (work.planned || isFirst) log.info(line, made[work.make]);
    else log.warn(line, made[work.make]);
    if (!work.planned) this.#repaired();
    return written.value;
  }

  /**
   * Has the registrations trust what is to be trusted, and chooses what to serve.
   *
   * @returns when to look again, in milliseconds from now, where that is known
   */
  async #serve(
    client: Client,
    material: Material,
    judged: JudgedMaterial,
  ): Promise<number | undefined> {
    const { clock, registrations } = this.#options;
    const chosen = this.#chosen;
    const candidate = chosenIn(material, judged.issuer);
    const isOther =
      candidate !== undefined && candidate.issuer.fingerprint256 !== chosen?.issuer.fingerprint256;
    const acts = this.#acts();
    let soon: number | undefined;
    if (acts || isOther || !this.#trusted) {
      const registered = await readRegistrations(client, registrations, this.#limits);
      if (!registered.ok) this.#tell('registrations', unreadable(registered.error));
      else {
        await this.#trust(client, registered.value, judged, candidate ?? chosen, acts);
        if (registered.value.length === 0) soon = unregistered;
      }
    } else this.#tell('registrations', undefined);

    if (candidate === undefined) return soon;
    if (chosen === undefined || chosen.notAfter <= this.#date() || !isOther) {
      this.#choose(candidate);
      return soon;
    }
    const { fingerprint256 } = candidate.issuer;
    if (this.#trusting?.fingerprint !== fingerprint256) return this.#settle;
    const left = this.#trusting.since + this.#settle - clock.now();
    if (left > 0) return left;
    this.#choose(candidate);
    return soon;
  }

  /** Looks at whom the registrations trust, and puts there what is missing. */
  async #trust(
    client: Client,
    registered: readonly Registered[],
    judged: JudgedMaterial,
    candidate: Chosen | undefined,
    acts: boolean,
  ): Promise<void> {
    const { clock } = this.#options;
    let all = registered;
    let problem: string | undefined;
    if (acts && judged.issuer !== undefined) {
      const bundle = bundleOf(distinct([...judged.authorities, ...this.#servedLately()]));
      const put = await Promise.all(registered.map((one) => this.#put(client, one, bundle)));
      problem = put.map((one) => one.problem).find((one) => one !== undefined);
      all = put.map(({ now }) => now);
    }
    if (candidate === undefined) return;
    // Before anything is served, what comes first is.
    const serving = (this.#chosen ?? candidate).issuer;
    const [refusing] = distrusting(all, serving);
    if (refusing === undefined) this.#trusted = true;
    else problem ??= `its CA is not in the caBundle of ${refusing}`;

    const { fingerprint256 } = candidate.issuer;
    if (distrusting(all, candidate.issuer).length > 0) this.#trusting = undefined;
    else if (this.#trusting?.fingerprint !== fingerprint256) {
      this.#trusting = { fingerprint: fingerprint256, since: clock.now() };
    }
    this.#tell('registrations', problem);
  }

  /** @returns the registration as it is stored now, and what went wrong */
  async #put(
    client: Client,
    registered: Registered,
    bundle: string,
  ): Promise<{ readonly now: Registered; readonly problem: string | undefined }> {
    const { kind, name, webhooks } = registered;
    const { written, error } = await putBundle(client, registered, bundle, this.#limits);
    if (error !== undefined) {
      // It changed since we read it: the next look sees how.
      const problem = isConflict(error)
        ? undefined
        : `${kind} ${name} can't be written: ${error.message}`;
      return { now: registered, problem };
    }
    if (written) {
      this.#options.log.info(
        { registration: `${kind}/${name}`, webhooks: webhooks.length },
        'put the CAs into a registration',
      );
    }
    const now = webhooks.map((one) => ({ name: one.name, caBundle: bundle }));
    return { now: { ...registered, webhooks: now }, problem: undefined };
  }

  #choose(candidate: Chosen): void {
    const before = this.#chosen?.pair;
    this.#chosen = candidate;
    const { certificate, key } = candidate.pair;
    if (before?.certificate === certificate && before.key === key) return;
    for (const changed of this.#listeners) changed();
  }

  /** The CAs of what is served here, and of what was until lately: other replicas change a little later. */
  #servedLately(): X509Certificate[] {
    const { clock, poll } = this.#options;
    const now = clock.now();
    if (this.#chosen !== undefined) {
      const { issuer } = this.#chosen;
      const until = now + 3 * poll + this.#settle;
      this.#recent.set(issuer.fingerprint256, { authority: issuer, until });
    }
    const date = this.#date();
    for (const [fingerprint, { authority, until }] of this.#recent) {
      if (until < now || authority.validToDate <= date) this.#recent.delete(fingerprint);
    }
    return [...this.#recent.values()].map(({ authority }) => authority);
  }

  /** Whether this replica may change what others go by: the leader may, and one that nobody helps. */
  #acts(): boolean {
    const { clock, leads } = this.#options;
    if (leads()) return true;
    return !this.#fit() && clock.now() - this.#began > patience;
  }

  /** Whether it may store certificates. The first may be made by any: only one of them can be stored. */
  #mayWrite(held: Held, { planned }: Work): boolean {
    if (isVacant(held)) return true;
    if (!this.#acts()) return false;
    const { clock, random } = this.#options;
    const { count, last } = this.#repairs;
    if (planned || count < repairsAtOnce) return true;
    const wait = backoff(count - repairsAtOnce + 1, { first: 60_000, most: 600_000 }, random);
    return clock.now() - last > wait;
  }

  #repaired(): void {
    const now = this.#options.clock.now();
    const { count, last } = this.#repairs;
    this.#repairs = { count: now - last > repairsForgotten ? 1 : count + 1, last: now };
  }

  #fit(): boolean {
    return this.#chosen !== undefined && this.#trusted;
  }

  /** How long to wait for the next look. */
  #next(known: number | undefined): number {
    const { poll, random } = this.#options;
    this.#unfit = this.#fit() ? 0 : this.#unfit + 1;
    if (this.#unfit > 0) return backoff(this.#unfit, { first: 250, most: poll }, random);
    return Math.min(known ?? poll, poll * (1 - random() / 10));
  }

  #date(): Date {
    return new Date(this.#options.clock.wall());
  }

  /** Tells of what is in the way, once, and when it is not any more. */
  #tell(what: 'secret' | 'registrations', problem: string | undefined): void {
    const before = this.#problems.get(what);
    if (before === problem || this.#stop.signal.aborted) return;
    const { log, secret, registrations } = this.#options;
    const fields = what === 'secret' ? { secret: where(secret) } : { registrations };
    if (problem === undefined) {
      this.#problems.delete(what);
      log.info(fields, told[what].right);
    } else {
      this.#problems.set(what, problem);
      // At its start a replica waits for this as a matter of course.
      const level = this.#fit() || what === 'secret' ? 'warn' : 'info';
      log[level]({ ...fields, because: problem }, told[what].wrong);
    }
  }
}

const made = {
  authority: 'made a new CA and a certificate',
  certificate: 'made a new certificate',
  bundle: 'dropped a former CA',
} as const;

const told = {
  secret: {
    wrong: 'the Secret with the certificate is not right',
    right: 'the Secret with the certificate is right again',
  },
  registrations: {
    wrong: 'the registrations do not trust the certificate',
    right: 'the registrations trust the certificate',
  },
} as const;

/** What is wrong with a Secret that somebody will put right; what only time brought is not wrong. */
function wrong({ work }: JudgedMaterial): string | undefined {
  return work === undefined || work.planned ? undefined : work.because;
}

function unreadable({ message }: ApiError): string {
  return `they can't be read: ${message}`;
}

function where({ namespace, name }: SecretRef): string {
  return `${namespace}/${name}`;
}

function chosenIn(
  { certificate, key }: Material,
  issuer: X509Certificate | undefined,
): Chosen | undefined {
  if (issuer === undefined) return undefined;
  const { validToDate: notAfter } = new X509Certificate(certificate);
  return { pair: { certificate, key }, issuer, notAfter };
}
