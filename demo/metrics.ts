import { setTimeout as sleep } from 'node:timers/promises';
import type { Sample } from '../tools/victoria.ts';
import { etcdsIn, metric, runEtcds } from './etcds.ts';
import type { Scene } from './scene.ts';
import type { Screen } from './screen.ts';
import { count } from './words.ts';

/** How long samples may take, in milliseconds; they come within a few seconds. */
const patience = 30_000;

/** What was read of the etcds that run. */
export type Read = {
  readonly samples: readonly Sample[];
  /** Whether there is one sample of each etcd, and no other. */
  readonly complete: boolean;
};

/** Runs etcds, has the agent read what the stored scrapes say, and tells what VictoriaMetrics has of it. */
export async function tellMetrics(
  scene: Scene,
  namespaces: readonly string[],
  show: Screen,
): Promise<Read> {
  const { plane, agent } = scene;
  show.heading(`${metric}, as VictoriaMetrics has it`);
  const found = await Promise.all(
    namespaces.map(async (namespace) => {
      const names = await etcdsIn(plane, namespace);
      return Promise.all(names.map((name) => runEtcds(scene, namespace, name)));
    }),
  );
  const pods = found.flat().reduce((sum, replicas) => sum + replicas, 0);
  show.line(
    `${count(pods, 'pod')} of StatefulSets run a real etcd; vmagent reads what the scrapes say`,
  );
  let samples: Sample[] = [];
  const deadline = performance.now() + patience;
  while (samples.length < pods && performance.now() < deadline) {
    await agent.update();
    await sleep(100);
    samples = await agent.query(metric);
  }
  for (const line of samples.map(inWords).sort()) show.line(show.style.strong(line));
  const read = new Set(samples.map(({ labels }) => `${labels.namespace}/${labels.pod}`));
  return { samples, complete: pods > 0 && samples.length === pods && read.size === pods };
}

/** A sample as PromQL writes it, with the labels that say what was read. */
function inWords({ labels, value }: Sample): string {
  const shown = ['namespace', 'pod', 'service', 'endpoint', 'instance'].flatMap((name) =>
    labels[name] === undefined ? [] : [`${name}="${labels[name]}"`],
  );
  return `${metric}{${shown.join(', ')}} ${value}`;
}
