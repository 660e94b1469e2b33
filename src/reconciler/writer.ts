import {
  type ApiError,
  type ApiResult,
  type Client,
  isConflict,
  isGone,
  resources,
} from '../cluster/api/index.ts';
import type { Watches } from '../cluster/watch/index.ts';
import type { Scrape } from '../kubernetes/index.ts';
import type { WantedScrape } from '../planning/index.ts';
import type { Action } from './decide.ts';
import type { ReconcilerInstruments } from './instruments.ts';

export interface WriterOptions {
  readonly client: Client;
  readonly watches: Watches;
  readonly instruments: ReconcilerInstruments;
  /** Calls `keep`, which tells the inventory of what was written. */
  readonly stored: (keep: () => void) => void;
}

/** Carries out what was decided. What the API server answers is in the inventory when the promise resolves. */
export async function write(action: Action, options: WriterOptions): Promise<ApiResult<unknown>> {
  return action.do === 'apply'
    ? apply(action.wanted, action.over, options)
    : remove(action.scrape, options);
}

async function apply(
  { namespace, name, component, manifest }: WantedScrape,
  over: Scrape | undefined,
  { client, watches, instruments, stored }: WriterOptions,
): Promise<ApiResult<unknown>> {
  // Over what is ours, with force, and only if it is still the very object; over nothing without: should somebody have
  // made one of that name in this moment, the API server tells us by a conflict instead of giving us its fields.
  const whole =
    over === undefined
      ? manifest
      : { ...manifest, metadata: { ...manifest.metadata, uid: over.uid } };
  const force = over !== undefined;
  const result = await client.apply(resources.scrapes, namespace, name, whole, force);
  if (result.ok) stored(() => watches.wrote(result.value));
  instruments.wrote(over === undefined ? 'created' : 'updated', outcomeOf(result), component);
  return result;
}

async function remove(
  scrape: Scrape,
  { client, watches, instruments, stored }: WriterOptions,
): Promise<ApiResult<unknown>> {
  const { namespace, name, uid, resourceVersion } = scrape;
  const result = await client.remove(resources.scrapes, namespace, name, { uid, resourceVersion });
  const gone: ApiResult<unknown> =
    !result.ok && isGone(result.error, name) ? { ok: true, value: undefined } : result;
  if (gone.ok) stored(() => watches.deleted(scrape));
  instruments.wrote('removed', outcomeOf(gone), '');
  return gone;
}

function outcomeOf(result: ApiResult<unknown>): 'ok' | 'conflict' | 'failed' {
  if (result.ok) return 'ok';
  return isConflict(result.error) ? 'conflict' : 'failed';
}

/** True where trying the same again can't help: the API server does not take the object as it is. */
export function isHopeless({ code, status }: ApiError): boolean {
  return code === 'refused' && (status === 400 || status === 413 || status === 422);
}
