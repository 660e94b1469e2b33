import type { Clock } from '../../ground/clock.ts';
import type { Presence } from '../api/index.ts';

/**
 * Decides when a resource counts as absent: when discovery has said so twice, some time apart, and the resource did not
 * answer in between. One answer may be that of an API server that has just started, or of one of several that lags.
 */
export class Absence {
  readonly #presence: (signal: AbortSignal) => Promise<Presence>;
  readonly #clock: Pick<Clock, 'now'>;
  /** When discovery first said so. */
  #since: number | undefined;

  constructor(presence: (signal: AbortSignal) => Promise<Presence>, clock: Pick<Clock, 'now'>) {
    this.#presence = presence;
    this.#clock = clock;
  }

  /** True once discovery has said that the resource is absent, until the resource answers. */
  get suspected(): boolean {
    return this.#since !== undefined;
  }

  /** The resource answered. */
  seen(): void {
    this.#since = undefined;
  }

  /**
   * Asks discovery, after a 404 of the resource.
   *
   * @param apart milliseconds between the two answers
   * @returns milliseconds until it is worth asking again; 0: it is absent; undefined: nobody says that it is
   */
  async ask(apart: number, signal: AbortSignal): Promise<number | undefined> {
    const found = await this.#presence(signal);
    if (found === 'served') this.#since = undefined;
    if (found !== 'absent') return undefined;
    const now = this.#clock.now();
    if (this.#since === undefined) {
      this.#since = now;
      return apart;
    }
    return Math.max(0, this.#since + apart - now);
  }
}
