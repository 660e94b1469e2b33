import { join } from 'node:path';
import { type AnyObject, fixtures, readObjects } from '../test/support/objects.ts';

/** Objects that one version of the database's operator makes, or somebody else. */
export type Cast = {
  readonly title: string;
  /** The namespace that they are applied to. */
  readonly namespace: string;
  /** Files under the project's fixtures. */
  readonly files: readonly string[];
};

/** Who appears in the demo, in this order. */
export const casts: readonly Cast[] = [
  {
    title: 'What people apply themselves',
    namespace: 'handmade',
    files: ['draft/handmade.yaml'],
  },
  { title: "The draft's operator", namespace: 'draft', files: ['draft/etcd.yaml'] },
  {
    title: 'The operator of November 2025',
    namespace: 'november',
    files: ['operator-2025-11/etcd.yaml'],
  },
  {
    title: "Today's operator",
    namespace: 'today',
    files: [
      // First the resources that own the others.
      'operator-today/owners.yaml',
      'operator-today/topo.yaml',
      'operator-today/multigateway.yaml',
      'operator-today/shard.yaml',
    ],
  },
  { title: "Other vendors' charts", namespace: 'others', files: ['foreign/charts.yaml'] },
];

/** The objects of a cast, in the order in which they are to be applied. */
export async function objectsOf({ files }: Cast): Promise<AnyObject[]> {
  return (await Promise.all(files.map((file) => readObjects(join(fixtures, file))))).flat();
}
