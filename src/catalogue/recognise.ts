import type { Pod, Service, Workload } from '../kubernetes/index.ts';
import type { Catalogue, Recognition } from './types.ts';

/** What can be recognised: a Service, a workload or a pod. */
export type Recognisable = Service | Workload | Pod;

/**
 * What `object` is in the words of the catalogue, and by which evidence.
 *
 * @param injected whether the object's namespace is labelled `autoscrape.multigres.com/inject: enabled`, so that
 *   weak evidence counts
 */
export function recognise(
  _object: Recognisable,
  _catalogue: Catalogue,
  _injected: boolean,
): Recognition {
  return { entry: undefined, because: { kind: 'no-evidence' } };
}
