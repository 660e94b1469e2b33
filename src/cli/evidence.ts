import {
  type AgentTargets,
  expectedTargets,
  type Finding,
  judgeTargets,
  type TargetVerdict,
  targetFindings,
} from '../findings/index.ts';
import { durationOf } from '../kubernetes/index.ts';
import type { Examined } from '../review/index.ts';
import { podsMissing } from '../review/index.ts';
import {
  type AgentsSaid,
  expectedSamples,
  type JudgedSamples,
  judgeSamples,
  sampleFindings,
} from '../samples/index.ts';
import type { CommandLine, Flag } from '../settings/index.ts';
import { agentAddress, askAgent, askWrites } from './ask-agent.ts';
import { askStore, isMatch, storeAddress } from './ask-store.ts';
import type { Shell } from './command.ts';
import type { ServerAddress } from './http.ts';
import { type AskedServer, serverFlags, withServerFiles } from './server-flags.ts';

/** The flags that name agents to ask for their targets. */
export const targetFlags: readonly (readonly [string, Flag])[] = [
  [
    'targets',
    {
      kind: 'text',
      value: 'URL',
      about:
        'Also asks vmagent or a single-node VictoriaMetrics there (http://vmagent:8429) what it makes of each target that the scrapes should give it. Once for each agent and shard.',
    },
  ],
  ...serverFlags('targets', 'those'),
];

/** The flags that name a store to ask for samples. */
export const storeFlags: readonly (readonly [string, Flag])[] = [
  [
    'store',
    {
      kind: 'text',
      value: 'URL',
      about:
        'Also asks a store there for the newest samples of each component: Prometheus (http://prometheus:9090), single-node VictoriaMetrics (8428), vmselect (8481/select/TENANT/prometheus).',
    },
  ],
  [
    'store-match',
    {
      kind: 'text',
      value: 'MATCHERS',
      about:
        'What picks out this cluster in a store that has several: cluster="x". Without it the externalLabels of the agents do.',
    },
  ],
  [
    'max-age',
    {
      kind: 'text',
      value: 'DURATION',
      about:
        'How old the newest sample of a component may be. Default: three of its intervals, and at least 90s.',
    },
  ],
  ...serverFlags('store', 'the store'),
];

/** The servers that a command line names. */
export interface Servers {
  readonly agents: readonly ServerAddress[];
  readonly store: ServerAddress | undefined;
  readonly match: string;
  /** Seconds; undefined where the intervals decide. */
  readonly maxAge: number | undefined;
}

/** Reads the servers that a command line names, with the files of credentials; what is wrong is a problem. */
export async function serversOf(
  line: CommandLine,
  shell: Pick<Shell, 'readFile'>,
  problems: string[],
): Promise<Servers> {
  const given = (flag: string) => line.own.get(flag) ?? [];
  const addressed = async (flag: AskedServer): Promise<ServerAddress[]> => {
    const make = flag === 'store' ? storeAddress : agentAddress;
    const made = given(flag).map((url) => make(url, given(`${flag}-header`)));
    const found: ServerAddress[] = [];
    for (const one of made) {
      const whole = 'problem' in one ? one : await withServerFiles(one, flag, line, shell);
      if ('problem' in whole) problems.push(`--${flag}: ${whole.problem}`);
      else found.push(whole);
    }
    return found;
  };
  const [stores, agents] = [await addressed('store'), await addressed('targets')];
  if (stores.length > 1) problems.push('--store: one store at a time');
  const match = given('store-match').at(-1) ?? '';
  if (match !== '' && !isMatch(match)) {
    problems.push(`--store-match: found ${JSON.stringify(match)}, expected cluster="x"`);
  }
  return { agents, store: stores[0], match, maxAge: maxAgeOf(given('max-age').at(-1), problems) };
}

function maxAgeOf(given: string | undefined, problems: string[]): number | undefined {
  if (given === undefined) return undefined;
  const length = durationOf(given);
  if (length !== undefined && length > 0) return length / 1_000;
  problems.push(`--max-age: found ${JSON.stringify(given)}, expected a duration as 40s or 2m`);
  return undefined;
}

/** What agents and a store say, with what is wrong with that. */
export interface ServerEvidence {
  /** Undefined where no agent was asked. */
  readonly targets: readonly TargetVerdict[] | undefined;
  /** Undefined where no store was asked. */
  readonly samples: JudgedSamples | undefined;
  readonly findings: readonly Finding[];
  /** What the store did not tell, in words. */
  readonly gaps: readonly string[];
}

/** Asks the servers what they have of what is expected; a server that can't be asked at all is a problem. */
export async function askServers(
  servers: Servers,
  { review, context }: Pick<Examined, 'review' | 'context'>,
  shell: Pick<Shell, 'err'>,
): Promise<ServerEvidence | { readonly problems: readonly string[] }> {
  const agents = await askAgents(servers.agents, shell);
  if ('problems' in agents) return agents;
  const targets =
    servers.agents.length === 0 ? undefined : judgeTargets(expectedTargets(context), agents.found);
  const ofTargets =
    targets === undefined ? [] : [...targetFindings(targets), ...podsMissing(context)];
  const { store, match, maxAge } = servers;
  if (store === undefined) return { targets, samples: undefined, findings: ofTargets, gaps: [] };

  const expected = expectedSamples(context, review.coverage, maxAge);
  const asked = await askStore(store, expected, match);
  if ('problem' in asked) return { problems: [`--store ${store.url}: ${asked.problem}`] };
  const gaps = asked.problems.map((one) => `the store did not answer all questions: ${one}`);
  shell.err(
    [`asked ${asked.questions} questions of ${store.url}`, ...gaps]
      .map((one) => `${one}\n`)
      .join(''),
  );
  const said: AgentsSaid = {
    targets: targets ?? [],
    writes: (await Promise.all(servers.agents.map(askWrites))).flatMap((one) => one ?? []),
  };
  const samples = judgeSamples(expected, asked.stored, asked.deciding, said);
  return {
    targets,
    samples,
    findings: [...ofTargets, ...sampleFindings(samples)],
    gaps,
  };
}

async function askAgents(
  addresses: readonly ServerAddress[],
  shell: Pick<Shell, 'err'>,
): Promise<{ readonly found: readonly AgentTargets[] } | { readonly problems: readonly string[] }> {
  const asked = await Promise.all(addresses.map(askAgent));
  const problems: string[] = [];
  const found = asked.flatMap((answer, index) => {
    const url = addresses[index]?.url ?? '';
    if ('problem' in answer) {
      problems.push(`--targets ${url}: ${answer.problem}`);
      return [];
    }
    shell.err(`read ${answer.active.length} targets of ${url}\n`);
    return [answer];
  });
  return problems.length > 0 ? { problems } : { found };
}
