import { type ApiError, type Client, field } from '../cluster/api/index.ts';
import type { Watches } from '../cluster/watch/index.ts';
import type { Clock } from '../ground/clock.ts';
import type { Log } from '../ground/log.ts';
import type { NamespacedName, Scrape, Service } from '../kubernetes/index.ts';
import { namespacedName, partsOf } from '../kubernetes/index.ts';
import { type PlanContext, planService, type ServicePlan } from '../planning/index.ts';
import type { Announcer } from './announcer.ts';
import { Claims } from './claims.ts';
import type { Damping } from './damping.ts';
import { type Action, type Decision, decide, isRemoval } from './decide.ts';
import { differenceOf, type Stored } from './difference.ts';
import type { Observation, ReconcileResult, ReconcilerInstruments } from './instruments.ts';
import type { OwnScrapes } from './own-scrapes.ts';
import type { OwnerReference, Owners } from './owners.ts';
import type { KeyedQueue } from './queue.ts';
import type { Removals } from './removals.ts';
import { TokenBucket } from './token-bucket.ts';
import type { Wishes } from './wishes.ts';
import type { Witnessed } from './witnessed.ts';
import {
  type Announcement,
  causeText,
  outcomeAnnouncement,
  outcomeText,
  unstableAnnouncement,
  writeAnnouncement,
} from './words.ts';
import { isHopeless, write } from './writer.ts';

export interface ServicePassOptions {
  readonly client: Client;
  readonly watches: Watches;
  readonly clock: Clock;
  readonly log: Log;
  readonly instruments: ReconcilerInstruments;
  readonly queue: KeyedQueue<NamespacedName>;
  readonly wishes: Wishes;
  readonly own: OwnScrapes;
  readonly owners: Owners;
  readonly damping: Damping;
  readonly announcer: Announcer;
  readonly removals: Removals;
  readonly witnessed: Witnessed;
  /** The catalogue and settings in force. */
  readonly context: () => PlanContext;
  /** Whether we may write at this moment, may soon, or someone else does. */
  readonly role: () => 'writes' | 'waits' | 'follows';
  readonly observed: (observation: Observation) => void;
}

/** What was found of one Service, and what is to be done. */
interface Look {
  readonly key: NamespacedName;
  readonly service: Service | undefined;
  readonly decision: Decision;
}

/** A look is repeated when what it led to turned out otherwise; so often, and then later. */
const mostLooks = 5;

/** So many lines of trouble at once, then one in so many milliseconds. */
const linesAtOnce = 20;
const lineEvery = 5_000;

/** Looks at one Service, and does what is to be done about its scrape. */
export class ServicePass {
  readonly #options: ServicePassOptions;
  readonly #claims: Claims;
  /** uids of scrapes that we are deleting. */
  readonly #removing = new Set<string>();
  #ownChange: string | undefined;
  /** Lines of trouble: where nothing can be written, every Service is in it. */
  readonly #lines: TokenBucket;
  #untold = 0;
  /** Services whose scrape is to be removed once everything could be read. */
  readonly #heldBack = new Set<NamespacedName>();
  /** Why Services that should have a scrape have none, or not the one they should. */
  readonly #problems = new Map<string, string>();
  /** Scrapes that the API server keeps otherwise than we apply them: in which state, and what we applied. */
  readonly #stubborn = new Map<string, { readonly version: string; readonly manifest: string }>();

  constructor(options: ServicePassOptions) {
    this.#options = options;
    this.#lines = new TokenBucket(linesAtOnce, 1 / lineEvery, options.clock);
    this.#claims = new Claims(
      options.wishes,
      (key) => this.#plan(key, () => false)?.wanted,
      (key) => options.queue.add(key, 'live'),
    );
  }

  /** Why Services that should have a scrape have none, or not the one that they should. */
  get problems(): ReadonlyMap<string, string> {
    return this.#problems;
  }

  /** The Service whose scrape the inventory is just told of, as the API server answered to our write of it. */
  get ownChange(): string | undefined {
    return this.#ownChange;
  }

  /** The Services whose scrape was to be removed while not everything could be read: now it can. */
  takeHeldBack(): NamespacedName[] {
    const keys = [...this.#heldBack];
    this.#heldBack.clear();
    return keys;
  }

  /** Whether it is we who are deleting a scrape. */
  isRemoving(uid: string): boolean {
    return this.#removing.has(uid);
  }

  /** True where a scrape of this Service is to be removed, by what is known now. */
  wouldRemove(key: NamespacedName): boolean {
    return this.#look(key).decision.actions.some(isRemoval);
  }

  /** One pass. What has to be tried again is in the queue when it ends. */
  run(key: NamespacedName): ReconcileResult | Promise<ReconcileResult> {
    const look = this.#look(key);
    this.#report(look);
    if (look.decision.actions.length === 0) return 'unchanged';
    const { queue, role, watches } = this.#options;
    // All Services are looked at again when scrapes are served, and when leadership is won.
    if (!watches.scrapesServed) return 'waiting';
    switch (role()) {
      case 'follows':
        return 'follows';
      case 'waits':
        queue.addAfter(key, 200);
        return 'waiting';
      case 'writes':
        return this.#act(look);
    }
  }

  #look(key: NamespacedName): Look {
    const { watches, wishes } = this.#options;
    const { namespace, name } = partsOf(key);
    const context = this.#options.context();
    const service = context.inventory.service(namespace, name);
    const plan = this.#plan(key, (wanted) => this.#claims.isTaken(namespace, wanted, key));
    wishes.set(key, plan?.wanted);
    const decision = decide({
      plan,
      stored: this.#stored(key, plan?.wanted?.name),
      settings: context.settings,
      isWantedElsewhere: (scrape) =>
        this.#claims.isTaken(namespace, scrape, key) ||
        this.#claims.wouldBeTaken(namespace, scrape, successors(plan)),
      mayRemove: watches.current,
    });
    return { key, service, decision: this.#withoutStubborn(key, decision) };
  }

  #plan(key: NamespacedName, taken: (name: string) => boolean): ServicePlan | undefined {
    const context = this.#options.context();
    const { namespace, name } = partsOf(key);
    const service = context.inventory.service(namespace, name);
    return service === undefined ? undefined : planService(service, context, taken);
  }

  /** The scrapes that seem to be made for the Service, and the one of the wanted name. */
  #stored(key: NamespacedName, wanted: string | undefined): Stored[] {
    const { own, watches } = this.#options;
    const { inventory } = this.#options.context();
    const { namespace, name: service } = partsOf(key);
    const names = new Set(own.namesFor(namespace, service));
    if (wanted !== undefined) names.add(wanted);
    return [...names].flatMap((name): Stored[] => {
      const scrape = inventory.scrape(namespace, name);
      if (scrape === undefined) return [];
      return [{ scrape, applied: watches.appliedFields(namespace, name) }];
    });
  }

  /** Without what the API server took from us in this very state and kept otherwise: it would do so again. */
  #withoutStubborn(key: NamespacedName, decision: Decision): Decision {
    const known = this.#stubborn.get(key);
    if (known === undefined) return decision;
    const actions = decision.actions.filter(
      (action) =>
        action.do !== 'apply' ||
        action.over?.resourceVersion !== known.version ||
        JSON.stringify(action.wanted.manifest) !== known.manifest,
    );
    return { ...decision, actions };
  }

  /** Tells what there is to tell without having written. */
  #report({ key, service, decision }: Look): void {
    const { outcome, actions } = decision;
    if (decision.heldBack) this.#heldBack.add(key);
    else this.#heldBack.delete(key);
    if (!actions.some(isRemoval)) this.#options.removals.drop(key);
    this.#options.observed({ ...partsOf(key), outcome });
    if (outcome.kind === 'impossible') this.#problem(key, outcome.reason);
    else if (actions.length === 0 && !this.#stubborn.has(key)) this.#problems.delete(key);
    if (service === undefined) {
      this.#stubborn.delete(key);
      return;
    }
    if (actions.length > 0 || service.deleting || this.#options.role() !== 'writes') return;
    this.#tell(service, outcomeAnnouncement(outcome));
  }

  async #act(first: Look): Promise<ReconcileResult> {
    const { damping, queue, role } = this.#options;
    const looked = new Set<string>();
    let wrote = false;
    let look = first;
    for (let round = 0; round < mostLooks; round += 1) {
      const [action] = look.decision.actions;
      if (action === undefined) return this.#settled(look, wrote);
      if (await this.#checkOwners(action, looked)) {
        look = this.#look(look.key);
        continue;
      }
      if (role() !== 'writes') break;
      const wait = this.#dampened(look, action);
      if (wait > 0) {
        queue.addAfter(look.key, wait);
        return 'damped';
      }
      const leave = action.do === 'remove' ? this.#leaveFor(look, action.scrape) : 'goes';
      // A removal that waits counts like one that was written: it may be wanted no more before it goes.
      if (leave !== 'waits') damping.spend(look.key);
      if (leave !== 'goes') return 'waiting';
      if (!(await this.#write(look, action))) return 'failed';
      wrote = true;
      // What has changed meanwhile is in the queue again; only what was left to do is to be seen to here.
      if (look.decision.actions.length === 1) return 'wrote';
      look = this.#look(look.key);
    }
    queue.addAfter(look.key, 200);
    return 'waiting';
  }

  #leaveFor({ key, decision: { outcome } }: Look, scrape: Scrape): ReturnType<Removals['ask']> {
    const { context, removals, witnessed } = this.#options;
    if (witnessed.explains(key, outcome, context())) return 'goes';
    const unseen = outcome.kind === 'gone';
    return removals.ask({ key, scrape, because: outcomeText(outcome), unseen });
  }

  #settled(look: Look, wrote: boolean): ReconcileResult {
    this.#report(look);
    return wrote ? 'wrote' : 'unchanged';
  }

  /** Looks at the owners of a scrape where that is called for; true when anything was awaited, and so may have changed. */
  async #checkOwners(action: Action, looked: Set<string>): Promise<boolean> {
    if (action.do !== 'apply') return false;
    const { owners } = this.#options;
    const { over, wanted } = action;
    let awaited = false;
    for (const owner of wanted.manifest.metadata.ownerReferences) {
      const changes = over !== undefined && !over.owners.some(({ uid }) => uid === owner.uid);
      if (looked.has(owner.uid) || !owners.needsLook(owner, changes)) continue;
      looked.add(owner.uid);
      awaited = true;
      const found = await owners.look(owner, wanted.namespace, changes);
      if (found === 'unfit') this.#unfit(owner, wanted.namespace, wanted.service);
    }
    return awaited;
  }

  #unfit({ kind, name }: OwnerReference, namespace: string, service: string): void {
    const fields = { service: namespacedName(namespace, service), owner: `${kind}/${name}` };
    this.#options.log.info(fields, 'the owner can not own a scrape: the Service owns it instead');
  }

  /** Milliseconds until this write may go out. */
  #dampened({ key, service, decision }: Look, action: Action): number {
    const { damping, watches } = this.#options;
    const other =
      action.do === 'apply' && action.over !== undefined
        ? watches.appliedFields(action.over.namespace, action.over.name)?.lastOther
        : undefined;
    const before = damping.unstable(key);
    const wait = damping.wait(key, causeText(action, decision.outcome, service, other ?? ''));
    const causes = damping.unstable(key);
    if (before === undefined && causes !== undefined) {
      this.#options.log.warn(
        { service: key, causes },
        'a scrape keeps changing: it follows slowly',
      );
      if (service !== undefined) this.#tell(service, unstableAnnouncement(causes));
    }
    return wait;
  }

  /** Writes; false when it failed and is to be tried again. */
  async #write({ key, service, decision }: Look, action: Action): Promise<boolean> {
    const { log, queue } = this.#options;
    const uid = action.do === 'remove' ? action.scrape.uid : '';
    this.#removing.add(uid);
    const result = await write(action, {
      ...this.#options,
      stored: (keep) => {
        this.#ownChange = key;
        keep();
        this.#ownChange = undefined;
      },
    });
    this.#removing.delete(uid);
    if (!result.ok) {
      this.#failed(key, service, action, result.error);
      return false;
    }
    const scrape = action.do === 'apply' ? action.wanted.name : action.scrape.name;
    const what =
      action.do === 'remove' ? 'removed' : action.over === undefined ? 'created' : 'updated';
    const why = action.do === 'apply' ? action.difference : outcomeText(decision.outcome);
    const fields = { service: key, scrape, ...(why === '' ? {} : { because: why }) };
    if (this.#options.removals.isTold(uid)) log.debug(fields, `scrape ${what}`);
    else log.info(fields, `scrape ${what}`);
    this.#problems.delete(key);
    this.#rememberStubborn(key, action, result.value);
    if (service !== undefined) this.#tell(service, writeAnnouncement(action, decision.outcome));
    queue.forget(key);
    return true;
  }

  #failed(
    key: NamespacedName,
    service: Service | undefined,
    action: Action,
    error: ApiError,
  ): void {
    const { queue } = this.#options;
    const scrape = action.do === 'apply' ? action.wanted.name : action.scrape.name;
    const news = this.#problem(key, error.message);
    // Ordinary races: what was looked at has changed (409), or its namespace or the very resource has gone (404).
    // The watches tell of it.
    if (error.status !== 409 && error.status !== 404 && news) {
      this.#warn({ service: key, scrape, error: error.message }, 'a scrape could not be written');
    }
    if (isHopeless(error) && service !== undefined) {
      this.#tell(service, outcomeAnnouncement({ kind: 'impossible', reason: error.message }));
    }
    this.#options.instruments.retried();
    queue.retry(key, isHopeless(error) ? hopelessWait : error.retryAfter);
  }

  /**
   * Remembers where the API server did not keep what it took from us: fields that it prunes, or another webhook's
   * changes. What somebody has written since is another matter: that is put back.
   *
   * @param answered the scrape as our write left it
   */
  #rememberStubborn(key: NamespacedName, action: Action, answered: unknown): void {
    this.#stubborn.delete(key);
    if (action.do !== 'apply') return;
    const { name, manifest } = action.wanted;
    const stored = this.#stored(key, name).find(({ scrape }) => scrape.name === name);
    const left = field(field(answered, 'metadata'), 'resourceVersion');
    if (stored === undefined || stored.scrape.resourceVersion !== left) return;
    const difference = differenceOf(manifest, stored);
    if (difference === undefined) return;
    this.#stubborn.set(key, {
      version: stored.scrape.resourceVersion,
      manifest: JSON.stringify(manifest),
    });
    const problem = `the API server keeps ${difference} of VMServiceScrape ${name} otherwise than it was applied`;
    if (this.#problem(key, problem)) this.#warn({ service: key, scrape: name }, problem);
  }

  /** One line, or, where there were many of late, a count in the next one. */
  #warn(fields: object, message: string): void {
    if (this.#lines.take()) {
      this.#options.log.warn({ ...fields, untold: this.#untold }, message);
      this.#untold = 0;
    } else this.#untold += 1;
  }

  /** Remembers a problem; true when it is a new one. */
  #problem(key: NamespacedName, problem: string): boolean {
    const news = this.#problems.get(key) !== problem;
    if (news) this.#problems.set(key, problem);
    return news;
  }

  #tell(service: Service, announcement: Announcement | undefined): void {
    if (announcement !== undefined) this.#options.announcer.tell(service, announcement);
  }
}

/** What the API server refuses as it is, it will refuse again: it is tried when something changes, and now and then. */
const hopelessWait = 300_000;

/** The Services that have the scrape instead, as a plan says. */
function successors(plan: ServicePlan | undefined): string[] {
  return (plan?.facets ?? []).flatMap((facet) =>
    facet.outcome === 'other-service' ? [facet.service] : [],
  );
}
