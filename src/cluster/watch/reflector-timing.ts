/** Milliseconds, but for `page`. */
export interface ReflectorTiming {
  /**
   * Silence after which a watch counts as stuck. The API server's watch cache sends a bookmark about once a minute
   * (k8s.io/apiserver, storage/cacher: defaultBookmarkFrequency).
   */
  readonly idle: number;
  /** How long the API server is asked to keep a watch open: this, up to twice as long, as in client-go. */
  readonly lifetime: number;
  readonly firstWait: number;
  readonly mostWait: number;
  /**
   * The time between the two looks at discovery after which a resource that was there counts as absent. One of several
   * API servers that was away, or whose store of definitions lags behind, tells of all resources within this time; who
   * looks for absent ones does it as often.
   */
  readonly doubt: number;
  /** The same where it was never there: there is nothing to lose, and a start waits for it. */
  readonly firstDoubt: number;
  /** The wait where the resource is absent, unless `Reflector.poke` ends it. */
  readonly absentWait: number;
  /** How long after such a `Reflector.poke` the resource is looked for often: its definition may be there before it is served. */
  readonly expecting: number;
  /** A watch that lived that long was in order: the next one begins at once. */
  readonly healthy: number;
  /** Objects in a page of a list. */
  readonly page: number;
}

export const standardTiming: ReflectorTiming = {
  idle: 150_000,
  lifetime: 300_000,
  firstWait: 250,
  mostWait: 10_000,
  doubt: 30_000,
  firstDoubt: 1_000,
  absentWait: 30_000,
  expecting: 20_000,
  healthy: 5_000,
  page: 500,
};
