import type { NamespacedName } from '../../kubernetes/index.ts';
/** A target that an agent has, as `/api/v1/targets` tells it. */
export interface ActiveTarget {
  /** The job's name. */
  readonly pool: string;
  readonly url: string;
  /** `up` or `down`, which it is before the first read as well, or `unknown`. */
  readonly health: string;
  /** Empty where the last read went well, and before the first. */
  readonly error: string;
  /** How many samples the last read brought; undefined where the agent does not say. */
  readonly samples: number | undefined;
  /** As its samples get them. */
  readonly labels: TargetLabels;
  /** As discovery found them; empty where the agent keeps none (`-promscrape.dropOriginalLabels`). */
  readonly discovered: TargetLabels;
}

export type TargetLabels = ReadonlyMap<string, string>;

/** What one agent says of its targets. */
export interface AgentTargets {
  readonly active: readonly ActiveTarget[];
  /** The discovered labels of some of those that relabelling dropped (`-promscrape.maxDroppedTargets`); undefined where it tells of none. */
  readonly dropped: readonly TargetLabels[] | undefined;
}

/** A pod's port that a stored scrape makes an agent read. */
export interface ExpectedTarget {
  readonly namespace: string;
  readonly component: string;
  readonly pod: string;
  readonly ip: string;
  readonly port: number;
  readonly service: string;
  /** `namespace/name` of the scrape. */
  readonly scrape: NamespacedName;
  /** The job that the VictoriaMetrics operator makes of its endpoint. */
  readonly job: string;
}

/**
 * How an expected target is. `empty`: it answers, without a sample. `waiting`: not read yet. `elsewhere`: another job
 * alone reads it. `twice`: so does another job.
 */
export type TargetState =
  | 'up'
  | 'down'
  | 'empty'
  | 'waiting'
  | 'dropped'
  | 'missing'
  | 'elsewhere'
  | 'twice';

/** An expected target, and what agents make of it. */
export interface TargetVerdict extends ExpectedTarget {
  readonly state: TargetState;
  /** The reason, one sentence without a full stop. */
  readonly because: string;
  /** What to look at; empty where nothing is wrong. */
  readonly fix: string;
}
