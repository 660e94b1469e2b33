import type { Certificate } from '../certificate.ts';
import type { Cores } from '../cores.ts';

/** A cluster that programs may need. */
export interface Cluster {
  readonly server: string;
  readonly ca: string;
  readonly token: string;
  /** Path of a kubeconfig for an administrator. */
  readonly kubeconfig: string;
}

/** What a program is started with. */
export interface Surroundings {
  /** For its log and what it writes. */
  readonly folder: string;
  readonly certificate: Certificate;
  readonly cores: Cores;
  readonly cluster: Cluster;
  /** Environment and flags for one run alone, such as a profiler's; none if not said. */
  readonly nodeFlags?: readonly string[];
}

/** A program that runs and is ready. */
export interface Running {
  /** The processes that belong to it. */
  readonly pids: readonly number[];
  /** When it was started, had answered its first review, and said that it is ready, by `performance.now()`. */
  readonly startedAt: number;
  readonly answeredAt: number;
  readonly readyAt: number;
  /** Rejects with the end of its log when it ends; for a race with what is awaited of it. */
  readonly gone: Promise<never>;
  /** Has it end in its own way, as a pod is ended; one that takes longer than 10 s is killed. */
  stop(): Promise<void>;
}

/** A webhook that answers. */
export interface RunningWebhook extends Running {
  readonly port: number;
  /** Where health and metrics are, by plain HTTP, where it has them. */
  readonly pagesPort: number;
  /** Path of the webhook that mutates Services. */
  readonly path: string;
}

/** A webhook to be measured. */
export interface Webhook {
  /** As ratios and tables call it: `autoscrape`, `floor`, `go`, `pepr`. */
  readonly name: string;
  start(surroundings: Surroundings): Promise<RunningWebhook>;
}

/** A program that makes a scrape for each Service of a component. */
export interface Controller {
  readonly name: string;
  /** Starts it; whether it has caught up with the cluster is seen by what it makes. */
  start(surroundings: Surroundings): Promise<RunningController>;
}

/** A controller that was started. */
export interface RunningController {
  readonly pids: readonly number[];
  /** By `performance.now()`. */
  readonly startedAt: number;
  /** Rejects with the end of its log when it ends; for a race with what is awaited of it. */
  readonly gone: Promise<never>;
  stop(): Promise<void>;
}
