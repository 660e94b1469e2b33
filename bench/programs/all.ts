import { messageOf } from '../../tools/errors.ts';
import type { Context } from '../measure.ts';
import { autoscrape } from './autoscrape.ts';
import { floor } from './floor.ts';
import { go } from './go.ts';
import { pepr } from './pepr.ts';
import type { RunningWebhook, Surroundings, Webhook } from './program.ts';

/** Every webhook that is compared. */
export const webhooks: readonly Webhook[] = [autoscrape, floor, go, pepr];

/** Those that can't be had on every machine: without one the rest is measured all the same. */
const optional: ReadonlySet<string> = new Set(['pepr']);

/** Programs that run, by name, and why another one does not. */
export interface Started {
  readonly programs: ReadonlyMap<string, RunningWebhook>;
  readonly notes: readonly string[];
}

/** Starts the webhooks that were asked for, one after the other. */
export async function startAll(
  { only, say }: Pick<Context, 'only' | 'say'>,
  surroundings: Surroundings,
): Promise<Started> {
  const programs = new Map<string, RunningWebhook>();
  const notes: string[] = [];
  try {
    for (const webhook of webhooks) {
      if (only.length > 0 && !only.includes(webhook.name)) continue;
      say(`starting ${webhook.name}`);
      try {
        programs.set(webhook.name, await webhook.start(surroundings));
      } catch (error) {
        if (!optional.has(webhook.name)) throw error;
        notes.push(`${webhook.name} could not be run: ${messageOf(error)}`);
      }
    }
  } catch (error) {
    await Promise.all([...programs.values()].map((program) => program.stop()));
    throw error;
  }
  return { programs, notes };
}
