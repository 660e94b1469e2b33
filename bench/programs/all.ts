import type { Context } from '../measure.ts';
import { autoscrape } from './autoscrape.ts';
import { floor } from './floor.ts';
import { go } from './go.ts';
import { pepr } from './pepr.ts';
import { peprIsThere } from './pepr-module.ts';
import type { RunningWebhook, Surroundings, Webhook } from './program.ts';

/** Every webhook that is compared. */
export const webhooks: readonly Webhook[] = [autoscrape, floor, go, pepr];

/** Webhooks to measure, and why another one is not among them. */
export interface Chosen {
  readonly programs: readonly Webhook[];
  readonly notes: readonly string[];
}

/**
 * The webhooks that were asked for and can be had on this machine. Pepr needs packages of npm's that are not ours:
 * without them the rest is measured all the same.
 */
export async function webhooksOf({ only, say }: Pick<Context, 'only' | 'say'>): Promise<Chosen> {
  const asked = webhooks.filter(({ name }) => only.length === 0 || only.includes(name));
  const missing = asked.includes(pepr) ? await peprIsThere(say) : '';
  return missing === ''
    ? { programs: asked, notes: [] }
    : { programs: asked.filter((one) => one !== pepr), notes: [missing] };
}

/** Programs that run, by name. */
export interface Started {
  readonly programs: ReadonlyMap<string, RunningWebhook>;
  readonly notes: readonly string[];
}

/** Starts the webhooks that were asked for and can be had, one after the other. */
export async function startAll(
  context: Pick<Context, 'only' | 'say'>,
  surroundings: Surroundings,
): Promise<Started> {
  const { programs: chosen, notes } = await webhooksOf(context);
  const programs = new Map<string, RunningWebhook>();
  try {
    for (const webhook of chosen) {
      context.say(`starting ${webhook.name}`);
      programs.set(webhook.name, await webhook.start(surroundings));
    }
  } catch (error) {
    await Promise.all([...programs.values()].map((program) => program.stop()));
    throw error;
  }
  return { programs, notes };
}
