import type { Inventory } from '../../inventory/index.ts';
import {
  isJson,
  type Json,
  list,
  type PodShape,
  type Scrape,
  type Service,
} from '../../kubernetes/index.ts';
import { type Discovered, discoveredBehind, type PortChoice } from '../../reading/index.ts';
import { type Answer, type Selection, selectionOf } from '../../selection/index.ts';

/** What the caller knows and the inventory does not. */
export interface FindingOptions {
  /** Whether autoscrape made a scrape: what two of its scrapes and a user's have in common is the reconciler's to solve. */
  readonly isOurs?: (scrape: Scrape) => boolean;
  /** Whether some store gets the samples of both scrapes. Taken to be so where this is absent. */
  readonly shareStore?: (one: Scrape, other: Scrape) => Answer;
  /** What the catalogue knows of the ports of the pods behind a Service. */
  readonly portsOf?: (service: Service) => KnownPorts;
}

/** Says what is known of a port; undefined where that is nothing. */
export type KnownPorts = (port: PodPortName) => KnownPort | undefined;

/** A port of pods, as far as it is known. */
export interface PodPortName {
  readonly number: number | undefined;
  readonly name: string | undefined;
}

/** What is known of a port of pods. */
export type KnownPort =
  | {
      readonly metrics: true;
      readonly path: string;
      readonly scheme: 'http' | 'https';
      /** A port with the same metrics that speaks plain HTTP, where this one does not. */
      readonly instead: PortChoice | undefined;
    }
  | {
      readonly metrics: false;
      /** Why there are none, a clause: `it speaks gRPC`. */
      readonly because: string;
      /** How they are to be had, a clause; empty where in no way. */
      readonly otherwise: string;
    };

/** What every check of a scrape looks at, read once. */
export interface Check {
  readonly scrape: Scrape;
  readonly inventory: Inventory;
  readonly options: FindingOptions;
  readonly spec: Json;
  /** `spec.endpoints` as it came; an entry that is no object is undefined. */
  readonly endpoints: readonly (Json | undefined)[];
  readonly selection: Selection;
  /** The Services that it selects, the first {@link maxServices} of them; none where not all Services are known. */
  readonly services: readonly Service[];
  /** Whether these are all that it selects: only then something may be concluded from what they lack. */
  readonly complete: boolean;
  /** What discovery finds behind a Service. */
  readonly behind: (service: Service) => Discovered;
  /** The shapes of the pods behind a Service. */
  readonly shapesBehind: (service: Service) => readonly PodShape[];
  /** What is known of the ports of the pods behind a Service. */
  readonly portsOf: (service: Service) => KnownPorts;
}

/** More Services than this are not looked at: checking a scrape costs the same in every cluster. */
export const maxServices = 64;

/** More endpoints than this are not looked at. */
export const maxEndpoints = 32;

export function checkOf(whole: Scrape, inventory: Inventory, options: FindingOptions): Check {
  const scrape =
    whole.endpoints.length > maxEndpoints
      ? { ...whole, endpoints: whole.endpoints.slice(0, maxEndpoints) }
      : whole;
  const spec = isJson(scrape.spec) ? scrape.spec : {};
  const selection = selectionOf(whole);
  const known = knowsServices(selection, inventory);
  const { services, complete } = known
    ? inventory.someServices(selection, maxServices)
    : { services: [], complete: false };
  return {
    scrape,
    inventory,
    options,
    spec,
    endpoints: list(spec, 'endpoints')
      .slice(0, maxEndpoints)
      .map((endpoint) => (isJson(endpoint) ? endpoint : undefined)),
    selection,
    services,
    complete,
    behind: once((service) => discoveredBehind(service, inventory)),
    shapesBehind: once((service) => inventory.podShapesBehind(service)),
    portsOf: once(options.portsOf ?? (() => () => undefined)),
  };
}

/** Finds something out about each Service once. */
function once<T>(find: (service: Service) => T): (service: Service) => T {
  const known = new Map<Service, T>();
  return (service) => {
    const found = known.get(service) ?? find(service);
    known.set(service, found);
    return found;
  };
}

/** Whether the findings about a scrape know all Services that it could select. */
export function findingsKnowServices(scrape: Scrape, inventory: Inventory): boolean {
  return knowsServices(selectionOf(scrape), inventory);
}

/** Whether all Services are known that a scrape could select: in an input that has nothing of a namespace they are not. */
export function knowsServices({ namespaces }: Selection, inventory: Inventory): boolean {
  if (inventory.knows('Service')) return true;
  return namespaces?.every((one) => inventory.knows('Service', one)) ?? false;
}
