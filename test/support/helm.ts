import { join } from 'node:path';
import { findBinaries } from '../../tools/binaries.ts';
import { chartFolder } from '../../tools/generate/chart/index.ts';
import { type Program, programAt } from './program.ts';

/** The chart. */
export const chart = join(import.meta.dirname, '../..', chartFolder);

/**
 * Helm, as people run it, against one cluster.
 *
 * @param home a folder for its cache and its settings
 */
export async function helm(kubeconfig: string, home: string): Promise<Program> {
  const path = (await findBinaries(['helm']))('helm');
  return programAt(path, { HOME: home, KUBECONFIG: kubeconfig });
}
