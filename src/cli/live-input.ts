import { createClient, noClusterInstruments, Transport } from '../cluster/api/index.ts';
import { systemClock } from '../ground/clock.ts';
import type { SourceFile } from '../manifests/index.ts';
import type { KnownKind } from '../review/index.ts';
import { type CommandLine, fieldManager, type Settings } from '../settings/index.ts';
import { version } from '../version.ts';
import { reach } from './cluster-access.ts';
import type { Shell } from './command.ts';
import { liveObjects } from './live-objects.ts';

/** The objects of a live cluster, as a command looks at them. */
export interface LiveInput {
  readonly files: readonly SourceFile[];
  /** The kinds of which all objects are there. */
  readonly known: readonly KnownKind[];
  /** Only what concerns these is told; empty for all. */
  readonly namespaces: readonly string[];
  /** Where they come from, in words. */
  readonly source: string;
  /** What could not be read. */
  readonly gaps: readonly string[];
  /** That the API server has no VMServiceScrapes, in words; undefined where it has them, or was not asked. */
  readonly unserved: string | undefined;
}

interface LiveInputOptions {
  /** Who asks: the API server's audit log has it in the user agent. */
  readonly command: string;
  /** Only what concerns these, wherever it lives; empty: all. */
  readonly namespaces: readonly string[];
  /** Told of each kind that was read. */
  readonly progress?: (text: string) => void;
}

/**
 * Reads a live cluster, as the kubeconfig and the flags of a command line say.
 *
 * @returns what was read; or the problems, where there is nothing to say then
 */
export async function liveInput(
  line: CommandLine,
  settings: Settings,
  shell: Shell,
  { command, namespaces, progress = () => undefined }: LiveInputOptions,
): Promise<LiveInput | { readonly problems: readonly string[] }> {
  const reached = await reach(line, settings, shell);
  if ('problem' in reached) {
    return { problems: [`${reached.problem}; or name dumped objects with -f`] };
  }
  const { access } = reached;
  const transport = new Transport({
    access,
    clock: systemClock,
    random: Math.random,
    instruments: noClusterInstruments,
    userAgent: `autoscrape/${version} (${command})`,
  });
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
    return {
      files: live.files,
      known: live.known,
      source,
      gaps: live.problems,
      unserved: live.unserved,
      namespaces,
    };
  } finally {
    transport.close();
  }
}
