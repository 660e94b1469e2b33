import { routes } from '../admission/index.ts';
import type { Catalogue } from '../catalogue/index.ts';
import { type Client, field, isGone, resources } from '../cluster/api/index.ts';
import type { Clock } from '../ground/clock.ts';
import type { Log } from '../ground/log.ts';
import { type Misfit, misfits } from '../registration/index.ts';
import type { GaugeValue } from '../telemetry/index.ts';

/** The registration of this autoscrape, looked at now and then. */
export interface RegistrationWatch {
  /** For `autoscrape_registration_misfit`; empty until it was read, and where it may not be. */
  readonly values: () => readonly GaugeValue[];
  /** The catalogue has changed: looks at once. */
  readonly again: () => void;
  readonly stop: () => void;
}

export interface RegistrationWatchOptions {
  /** Undefined while there is no way to the API server. */
  readonly client: () => Client | undefined;
  /** The one in use. */
  readonly catalogue: () => Catalogue;
  /** Of the MutatingWebhookConfiguration. */
  readonly name: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Milliseconds: after the start; where it fits; and where it does not, or could not be read. */
const first = 3_000;
const calm = 600_000;
const worried = 10_000;

/**
 * Compares the live registration with the catalogue in use, and says once when they stop fitting, and once when they
 * fit again. A misfit is said when it was one the time before: the registration may just be being applied. No answer of
 * the API server, or no right to read it, leaves what was known before.
 */
export function watchRegistration(options: RegistrationWatchOptions): RegistrationWatch {
  const { client, catalogue, name, clock, log } = options;
  let known: readonly Misfit[] | undefined;
  let told: readonly Misfit[] = [];
  let stopped = false;
  let cancel = (): void => {};
  const next = (ms: number): void => {
    cancel();
    if (!stopped) cancel = clock.after(ms, () => void look());
  };
  const look = async (): Promise<void> => {
    next(calm);
    const answer = await client()?.get(resources.mutatingRegistrations, '', name);
    if (stopped) return;
    const live = answer?.ok === true ? answer.value : undefined;
    const isThere = field(live, 'kind') === 'MutatingWebhookConfiguration';
    const isMissing = answer?.ok === false && isGone(answer.error, name);
    if (!isThere && !isMissing) {
      const forbidden = answer?.ok === false && answer.error.status === 403;
      if (!forbidden) next(worried);
      return;
    }
    const found = misfits(catalogue(), live);
    if (found.length > 0) next(worried);
    if (found.length === 0 || same(found, known)) tell(found);
    known = found;
  };
  const tell = (found: readonly Misfit[]): void => {
    if (same(found, told)) return;
    told = found;
    if (found.length === 0) {
      log.info({ registration: name }, 'the registration fits the catalogue');
      return;
    }
    const fix = 'apply the output of `autoscrape manifests` with this catalogue';
    for (const { webhook, problem } of found) {
      log.warn({ registration: name, webhook, problem, fix }, 'the registration does not fit');
    }
  };
  next(first);
  return {
    values: () =>
      known === undefined
        ? []
        : [routes.strong, routes.inject].map(({ webhook }) => ({
            value: known?.some((misfit) => misfit.webhook === webhook) === true ? 1 : 0,
            labels: { webhook },
          })),
    again: () => next(0),
    stop: () => {
      stopped = true;
      cancel();
    },
  };
}

function same(some: readonly Misfit[], others: readonly Misfit[] | undefined): boolean {
  return JSON.stringify(some) === JSON.stringify(others);
}
