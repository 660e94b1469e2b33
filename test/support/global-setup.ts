import { startShared } from './shared-control-plane.ts';

/** Run by Jest once, before the first suite that needs an API server; not for unit tests. */
export default async function globalSetup(): Promise<void> {
  await startShared();
}
