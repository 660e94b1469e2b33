import { startControlPlane } from './control-plane.ts';

/**
 * Starts a control plane, prints how to reach it as one line of JSON, and keeps it until it is
 * interrupted: `node tools/hold.ts`. All of it goes away then, and when this process is killed.
 */
const { server, kubeconfig, folder, addresses, etcd, apiServer, controllerManager } =
  await startControlPlane({ label: process.argv[2] ?? 'hold' });
const pids = [etcd.pid, apiServer.pid, controllerManager.pid];
console.log(JSON.stringify({ kubeconfig, server, addresses, folder, pids }));
setInterval(() => {}, 2 ** 31 - 1);
