import type {
  Agent,
  Namespace,
  Pod,
  PodScrape,
  Scrape,
  Service,
  ServiceMonitor,
  StaticScrape,
  Workload,
} from '../../kubernetes/index.ts';

interface ChangeOf<Name extends string, Shape> {
  readonly kind: Name;
  /** Undefined where the object is new to us. */
  readonly before: Shape | undefined;
  /** Undefined where it is gone. */
  readonly after: Shape | undefined;
  /** True where it is gone because a new list did not bring it: nobody saw its deletion. */
  readonly unseen?: boolean;
}

/** That an object of the inventory was put, replaced or removed. */
export type Change =
  | ChangeOf<'Service', Service>
  | ChangeOf<'Workload', Workload>
  | ChangeOf<'Pod', Pod>
  | ChangeOf<'Namespace', Namespace>
  | ChangeOf<'VMServiceScrape', Scrape>
  | ChangeOf<'ServiceMonitor', ServiceMonitor>
  | ChangeOf<'Agent', Agent>
  | ChangeOf<'PodScrape', PodScrape>
  | ChangeOf<'StaticScrape', StaticScrape>;
