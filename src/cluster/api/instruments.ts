import type { Verb } from './exchange.ts';

/** What the way to the cluster counts and times. */
export interface ClusterInstruments {
  /**
   * A request was answered, or came to nothing.
   *
   * @param verb as {@link Verb} has them
   * @param resource plural name, as `services`
   * @param outcome the HTTP status, or the code of an {@link ApiError} without one
   */
  answered(verb: Verb, resource: string, outcome: string, seconds: number): void;
  /** A watch brought an event that is no bookmark. */
  watched(resource: string): void;
  /** A watch had to begin anew: from its last resource version (`resume`), or with a new list (`relist`). */
  reconnected(resource: string, how: 'resume' | 'relist', because: string): void;
}

/** Counts nothing. */
export const noClusterInstruments: ClusterInstruments = {
  answered: () => {},
  watched: () => {},
  reconnected: () => {},
};
