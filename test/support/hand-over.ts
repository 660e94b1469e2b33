import { defaultPipelineSettings } from '../../src/settings/types.ts';
import { auditEvents, type Connection, makeNamespace } from './control-plane.ts';
import {
  at,
  eventually,
  gateway,
  gatewayLabels,
  type Namespaced,
  type Reconciling,
  type Server,
  within,
} from './reconciling.ts';

/** Where the scene is, and the file in which the API server writes what it did. */
export type Plane = Server & Pick<Connection, 'auditLog'>;

/** A reconciler that removes as many scrapes as a test gives it reason for, and holds back for a third of a second. */
export const handingOver = {
  settings: {
    ...defaultPipelineSettings,
    scrapes: { ...defaultPipelineSettings.scrapes, removals: { atOnce: 1_000, share: 100 } },
  },
  tuning: { hold: 300, removals: { gather: 30, apart: 100, fresh: 0, window: 0 } },
};

/** What a test itself says of somebody's scrape, in an annotation: whether the gateway is read by way of it. */
export type Said = 'reads' | 'broken';

const said = 'test/said';

/** Somebody's scrape, as the tests apply it. */
export interface Theirs {
  readonly labels?: Readonly<Record<string, string>>;
  readonly spec?: object;
  readonly endpoint?: object;
}

/** A scrape of somebody who wrote it by hand: it reads {@link gateway} `gw`, if not told otherwise. */
export function theirs(
  name: string,
  says: Said,
  { labels = {}, spec = {}, endpoint = {} }: Theirs = {},
): object {
  return {
    apiVersion: 'operator.victoriametrics.com/v1beta1',
    kind: 'VMServiceScrape',
    metadata: { name, labels, annotations: { [said]: says } },
    spec: {
      selector: { matchLabels: gatewayLabels('gw') },
      endpoints: [{ port: 'http', path: '/metrics', ...endpoint }],
      ...spec,
    },
  };
}

/** A new namespace with a gateway `gw`: a Service, and a pod with the port. */
export async function shopOf(plane: Plane, names: readonly string[] = ['gw']): Promise<Namespaced> {
  const space = within(plane, await makeNamespace(plane, 'shop'));
  for (const name of names) {
    await space.create('services', gateway(name));
    await space.create('pods', pod(name));
  }
  return space;
}

function pod(name: string): object {
  return {
    metadata: { name: `${name}-0`, labels: gatewayLabels(name) },
    spec: {
      containers: [
        { name: 'gateway', image: 'gateway', ports: [{ name: 'http', containerPort: 8080 }] },
      ],
    },
  };
}

/** The names of the scrapes that are stored in a namespace, sorted. */
export async function stored(space: Namespaced): Promise<string[]> {
  return (await space.list('vmservicescrapes'))
    .map((one) => String(at(one, 'metadata', 'name')))
    .sort();
}

/** Waits until these scrapes are stored in a namespace, and no others. */
export async function storedAre(space: Namespaced, ...names: string[]): Promise<void> {
  await eventually(
    `scrapes ${names.join(', ') || '(none)'}`,
    () => stored(space),
    (found) => found.join() === [...names].sort().join(),
  );
}

/**
 * What happened to scrapes in some namespaces, by the API server's audit log, in its order: what autoscrape wrote, and
 * what the test said of the others' scrapes. What is said twice in a row stands once.
 */
export async function story(plane: Plane, ...spaces: readonly Namespaced[]): Promise<string[]> {
  const events = (await Promise.all(spaces.map(({ name }) => auditEvents(plane, name)))).flat();
  const told = events
    .filter(({ objectRef }) => objectRef?.resource === 'vmservicescrapes')
    .map((event) => ({ when: String(at(event, 'stageTimestamp')), what: inWords(event) }))
    .sort((a, b) => (a.when < b.when ? -1 : 1))
    .flatMap(({ what }) => (what === '' ? [] : [what]));
  return told.filter((what, index) => what.startsWith('ours') || what !== told[index - 1]);
}

function inWords(event: Awaited<ReturnType<typeof auditEvents>>[number]): string {
  const { verb } = event;
  if (isOurs(event)) return verb === 'delete' ? 'ours removed' : 'ours made';
  if (verb === 'delete') return 'theirs gone';
  const says = at(event.requestObject, 'metadata', 'annotations', said);
  return says === undefined ? '' : `theirs ${says}`;
}

function isOurs(event: object): boolean {
  return String(at(event, 'userAgent')).startsWith('autoscrape/');
}

/** What autoscrape wrote in some namespaces by now: verb, resource and name. */
export async function ourWrites(plane: Plane, ...spaces: readonly Namespaced[]): Promise<string[]> {
  const events = (await Promise.all(spaces.map(({ name }) => auditEvents(plane, name)))).flat();
  return events
    .filter(isOurs)
    .map(({ verb, objectRef }) => `${verb} ${objectRef?.resource} ${objectRef?.name}`);
}

/** Waits until the Services of a namespace were looked at again, so often. */
export async function lookedAt(
  { observations }: Reconciling,
  space: Namespaced,
  times: number,
): Promise<void> {
  const seen = () => {
    const counts = new Map<string, number>();
    for (const { namespace, name } of observations) {
      if (namespace === space.name) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return counts;
  };
  const before = seen();
  await eventually(
    `${times} looks at ${space.name}`,
    seen,
    (now) =>
      now.size > 0 && [...now].every(([name, count]) => count - (before.get(name) ?? 0) >= times),
  );
}
