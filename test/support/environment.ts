import { TestEnvironment } from 'jest-environment-node';

/**
 * Node's environment, in which a suite ends when Jest does. A worker whose parent was killed would go
 * on to the end of its suite, together with all that the suite has started.
 */
export default class Environment extends TestEnvironment {
  override async setup(): Promise<void> {
    await super.setup();
    process.once('disconnect', exit);
  }

  override async teardown(): Promise<void> {
    process.off('disconnect', exit);
    await super.teardown();
  }
}

function exit(): void {
  process.exit(1);
}
