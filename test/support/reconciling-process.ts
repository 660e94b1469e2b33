import { startReconciling } from './reconciling.ts';

/**
 * A reconciler as a process of its own, which a test can kill: `node reconciling-process.ts <kubeconfig> <identity>`.
 * It writes a line to standard output whenever it begins or ceases to lead, and ends in order at SIGTERM.
 */
const [kubeconfig = '', identity = ''] = process.argv.slice(2);
const running = await startReconciling({ kubeconfig }, identity);
let led = false;
const timer = setInterval(() => {
  const { leads, started } = running.reconciler.status();
  if (led === (leads && started)) return;
  led = !led;
  process.stdout.write(led ? 'leads\n' : 'follows\n');
}, 10);
process.once('SIGTERM', async () => {
  clearInterval(timer);
  await running.stop();
  process.exit(0);
});
// Should the test that started it die, it goes too.
process.stdin.resume();
process.stdin.once('end', () => process.exit(1));
