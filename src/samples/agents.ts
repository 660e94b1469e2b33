import type { TargetVerdict } from '../findings/index.ts';
import type { PodSamples } from './judge-pod.ts';
import type { ExpectedSamples } from './types.ts';

/** How an agent's writes go, by its own metrics. */
export interface AgentWrites {
  /** Of the agent, as it was asked. */
  readonly url: string;
  /** What is wrong, a clause; empty where its writes go well. */
  readonly trouble: string;
}

/** A metric of an agent's own page: `name{labels} value`. */
const line = /^(vmagent_remotewrite_\w+)(\{[^}]*\})? (\S+)$/gm;

/**
 * Reads how an agent's writes go from its own page of metrics (VictoriaMetrics app/vmagent/remotewrite, client.go and
 * lib/persistentqueue). They count since its start, so that a failure that is over is told from one that is not by what
 * still waits to be sent.
 */
export function parseWrites(url: string, page: string): AgentWrites {
  const sums = new Map<string, number>();
  for (const [, name = '', labels = '', value = ''] of page.matchAll(line)) {
    const key = labels.includes('status_code="2XX"') ? `${name} 2XX` : name;
    sums.set(key, (sums.get(key) ?? 0) + Number(value));
  }
  const of = (name: string): number => sums.get(`vmagent_remotewrite_${name}`) ?? 0;
  return { url, trouble: troubleOf(of) };
}

function troubleOf(of: (name: string) => number): string {
  const failures = of('errors_total') + of('retries_count_total');
  const waiting = of('pending_data_bytes') + of('pending_inmemory_blocks');
  if (failures > 0 && of('requests_total 2XX') === 0) {
    return `none of its writes has got through, and ${of('retries_count_total')} were tried again`;
  }
  const dropped = of('packets_dropped_total');
  if (dropped > 0) return `the store has refused ${dropped} blocks of samples, which are lost`;
  if (failures > 0 && waiting > 0) return 'its writes fail, and samples wait to be sent';
  return '';
}

/** Says with the word of agents which link breaks, where the store shows nothing. */
export function withAgents(
  judged: PodSamples,
  pod: string,
  { coverage }: ExpectedSamples,
  { targets, writes }: { targets: readonly TargetVerdict[]; writes: readonly AgentWrites[] },
): PodSamples {
  if (judged.state !== 'none' && judged.state !== 'stale') return judged;
  const { namespace, component } = coverage;
  const target = targets.find(
    (one) => one.pod === pod && one.namespace === namespace && one.component === component,
  );
  if (target === undefined) return judged;
  const { because, fix } = target;
  switch (target.state) {
    case 'up':
    case 'twice':
    case 'elsewhere':
      return { ...judged, ...lost(writes) };
    case 'down':
    case 'empty':
      return { ...judged, link: 'target', because: `its agent can't read it: ${because}`, fix };
    case 'dropped':
      return { ...judged, link: 'relabelling', because, fix };
    case 'missing':
      return { ...judged, link: 'agent', because, fix };
    case 'waiting':
      return { ...judged, link: 'target', because, fix };
  }
}

/** The agent has the samples, and the store does not. */
function lost(writes: readonly AgentWrites[]): Pick<PodSamples, 'link' | 'because' | 'fix'> {
  const troubled = writes.find(({ trouble }) => trouble !== '');
  if (troubled === undefined) {
    return {
      link: 'write',
      because: 'its agent reads it, and writes its samples somewhere else, or drops them before',
      fix: 'compare remoteWrite of the agent with the store that was asked, and look at the relabelling of what it writes',
    };
  }
  return {
    link: 'write',
    because: `its agent reads it, and the samples do not get to a store: ${troubled.trouble}`,
    fix: `look at the log of the agent at ${new URL(troubled.url).host}, and at the address in its remoteWrite`,
  };
}
