import { patchWords } from '../src/report/index.ts';
import { type Cast, objectsOf } from './casts.ts';
import { decisionOn, decisionText } from './decisions.ts';
import type { Scene } from './scene.ts';
import type { Screen } from './screen.ts';
import { writeOf } from './witness.ts';
import { count } from './words.ts';

/** What came of the objects that were applied. */
export type Applied = {
  readonly namespace: string;
  /** How many a webhook completed. */
  readonly patched: number;
  /** How many were sent to autoscrape. */
  readonly sent: number;
  /** How many autoscrape could have been asked about. */
  readonly all: number;
};

/** The kinds that autoscrape completes. */
const kinds: ReadonlySet<string> = new Set(['Service', 'StatefulSet', 'Deployment']);

/**
 * Applies the objects of a cast, and tells of each what autoscrape recognised it as and why, by its log, and what
 * it was given, by the audit log of the API server.
 */
export async function tellObjects(scene: Scene, cast: Cast, show: Screen): Promise<Applied> {
  const { plane, applier, autoscrape } = scene;
  const { title, namespace } = cast;
  show.heading(`${title}: namespace ${namespace}`);
  await applier.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  const objects = await objectsOf(cast);
  for (const object of objects) await applier.apply(object, namespace);

  const left: string[] = [];
  const sums = { patched: 0, sent: 0, all: 0 };
  for (const object of objects.filter(({ kind }) => kinds.has(kind))) {
    sums.all += 1;
    const name = `${object.kind} ${object.metadata.name}`;
    const { called, patch } = await writeOf(plane, object, namespace);
    if (called.length === 0) {
      left.push(name);
      continue;
    }
    sums.sent += 1;
    if (patch.length > 0) sums.patched += 1;
    const what = decisionText(await decisionOn(autoscrape, object, namespace), object);
    show.line(`${show.style.strong(name)}: ${what}`);
    for (const line of patchWords(patch, object)) show.line(show.style.good(`  + ${line}`));
  }
  if (left.length > 0) {
    show.line(`The API server did not ask autoscrape about ${count(left.length, 'object')}:`);
    for (const name of left) show.line(show.style.faint(`  ${name}`));
  }
  return { namespace, ...sums };
}
