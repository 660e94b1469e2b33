import { findBinaries } from '../../tools/binaries.ts';
import { type Input, type Program, programAt, type Run } from './program.ts';

export type KubectlRun = Run;
export type KubectlInput = Input;
/** Runs kubectl with arguments. */
export type Kubectl = Program;

/**
 * The kubectl of the test control plane, as people run it, against one cluster.
 *
 * @param home a folder for its cache
 */
export async function kubectl(kubeconfig: string, home: string): Promise<Kubectl> {
  const path = (await findBinaries(['kubectl']))('kubectl');
  return programAt(path, { HOME: home, KUBECONFIG: kubeconfig });
}
