import type { Scrape, Service } from '../kubernetes/index.ts';
import type { ScrapeRequest } from './request.ts';

/** A port of the pods behind a Service that a scrape's endpoint reads. */
export interface Reading {
  readonly scrape: Scrape;
  /** Index in `spec.endpoints`. */
  readonly endpoint: number;
  readonly service: Service;
  /** The pods' port: a number, or a container port's name where no pod tells the number. */
  readonly podPort: number | string;
  /** `maybe`: it can't be told whether it is read. */
  readonly certainty: 'yes' | 'maybe';
  /** Why that can't be told, a clause; empty where it is certain. */
  readonly because: string;
  readonly request: ScrapeRequest;
  /** The pods behind the Service that it is read of, as `Pod/name` or, for pods to come, `StatefulSet/name`. */
  readonly pods: 'all' | readonly string[];
}

/** Which Service port or container port an endpoint names. */
export type PortChoice = { readonly port: string } | { readonly targetPort: number | string };
