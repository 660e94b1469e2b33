import type { FindingsOf, ObjectKey } from '../admission/index.ts';
import type { Check } from '../server/index.ts';

/** What stands behind the webhook: the stores that findings look at, and the loop that makes scrapes. */
export interface ClusterSide {
  /** What is said of a scrape that is about to be written; nothing while the stores are not filled. */
  readonly findingsOf: FindingsOf;
  /** An object was admitted, and may be worth a look. It must be cheap. */
  readonly touched: (key: ObjectKey) => void;
  /** What findings and scrapes still wait for. */
  readonly waiting: () => readonly Check[];
  readonly stop: () => Promise<void>;
}

/** Without a cluster: reviews are answered, nothing else is done. */
export const noCluster: ClusterSide = {
  findingsOf: () => [],
  touched: () => {},
  waiting: () => [{ name: 'cluster', ok: false, message: 'not connected' }],
  stop: async () => {},
};
