import { stopShared } from './shared-control-plane.ts';

/** Run by Jest once, after the last suite, also when some failed. */
export default async function globalTeardown(): Promise<void> {
  await stopShared();
}
