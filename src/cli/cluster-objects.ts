import { createClient } from '../cluster/api/index.ts';
import type { SourceFile } from '../manifests/index.ts';
import type { KnownKind } from '../review/index.ts';
import { type CommandLine, type Flag, fieldManager, type Settings } from '../settings/index.ts';
import { commandTransport, reach } from './cluster-access.ts';
import type { Shell } from './command.ts';
import { listOf } from './exit-code.ts';
import { liveObjects } from './live-objects.ts';

/** Objects that are audited, from a cluster or from files. */
export interface AuditedObjects {
  readonly files: readonly SourceFile[];
  /** Undefined for a folder, which shows that itself. */
  readonly known: readonly KnownKind[] | undefined;
  /** Only what concerns these is told; empty for all. */
  readonly namespaces: readonly string[];
  /** Where they come from, in words. */
  readonly source: string;
  /** What could not be read. */
  readonly gaps: readonly string[];
  /** That the API server has no VMServiceScrapes, in words; undefined where it has them, or was not asked. */
  readonly unserved: string | undefined;
}

/** The flag for all namespaces, of commands that look at a cluster. */
export const allNamespacesFlag: readonly [string, Flag] = [
  'all-namespaces',
  {
    kind: 'switch',
    short: 'A',
    about: 'All namespaces, also with -n. Without either it is all of them too.',
  },
];

/** What was read of a cluster; `problem` where there is no way to one, `problems` where nothing can be said of what was read. */
type ReadCluster =
  | AuditedObjects
  | { readonly problem: string }
  | { readonly problems: readonly string[] };

interface ReadClusterOptions {
  /** The command, as the API server's log has it. */
  readonly user: string;
  /** Only what concerns these, wherever it lives; empty: all. */
  readonly namespaces: readonly string[];
  /** Told of each kind that was read. */
  readonly progress?: (text: string) => void;
}

/**
 * Reads the objects of the cluster that a command line means, in the namespaces that it names.
 *
 * @param user the command, as the API server's log has it
 */
export function clusterObjects(
  line: CommandLine,
  settings: Settings,
  shell: Pick<Shell, 'environment' | 'err'>,
  user: string,
): Promise<ReadCluster> {
  const all = line.own.get('all-namespaces')?.at(-1) === 'true';
  return readCluster(line, settings, shell, {
    user,
    namespaces: all ? [] : listOf(line, 'namespace'),
    progress: (text) => shell.err(`read ${text}\n`),
  });
}

/** Reads the objects of a cluster, as the kubeconfig and the flags of a command line say. */
export async function readCluster(
  line: CommandLine,
  settings: Settings,
  shell: Pick<Shell, 'environment' | 'err'>,
  { user, namespaces, progress = () => undefined }: ReadClusterOptions,
): Promise<ReadCluster> {
  const reached = await reach(line, settings, shell);
  if ('problem' in reached) return reached;
  const { access } = reached;
  const transport = commandTransport(access, user);
  try {
    const client = createClient(transport, fieldManager);
    const live = await liveObjects(client, access.server, namespaces, progress);
    // Without Services there is nothing to say; without anything else there is less to say.
    if (!live.known.some(({ kind }) => kind === 'Service')) return { problems: live.problems };
    if (live.strange.length > 0) {
      return { problems: live.strange.map((name) => `there is no namespace ${name}`) };
    }
    shell.err(live.problems.map((problem) => `${problem}\n`).join(''));
    const where = namespaces.length === 0 ? '' : `, namespaces ${namespaces.join(', ')}`;
    const source = `The cluster at ${access.server.host}${where}`;
    const { files, known, unserved, problems: gaps } = live;
    return { files, known, source, gaps, unserved, namespaces };
  } finally {
    transport.close();
  }
}
