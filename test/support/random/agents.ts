import type { AnyObject } from '../objects.ts';
import type { Dice } from './dice.ts';
import type { Link } from './links.ts';
import { dropsAll, randomRules, ruleInTurn } from './rules.ts';
import { present } from './workloads.ts';

type Members = Readonly<Record<string, unknown>>;

/** The class that every agent has, where any has one. */
export const className = 'shared';

/** The labels that namespaces have, by which agents choose. */
export const namespaceTeams = ['one', 'two'] as const;

/** What an agent is made for. */
export interface AgentOf {
  readonly namespace: string;
  /** True where it has the class {@link className}. */
  readonly hasClass: boolean;
  readonly broken: Link | undefined;
  /** The choice of rules whose turn it is. */
  readonly turn: number;
}

/** A VMAgent, with settings of its own for what it makes of scrapes. */
export function randomAgent(
  roll: Dice,
  name: string,
  { namespace, hasClass, broken, turn }: AgentOf,
): AnyObject {
  return {
    apiVersion: 'operator.victoriametrics.com/v1beta1',
    kind: 'VMAgent',
    metadata: { namespace, name },
    spec: present({
      remoteWrite: [{ url: `http://vmsingle-${name}.${namespace}.svc:8429/api/v1/write` }],
      ...selection(roll, broken),
      serviceScrapeRelabelTemplate: template(roll, broken, turn),
      scrapeClasses: hasClass ? [scrapeClass(roll)] : undefined,
      ignoreNamespaceSelectors: roll.happens('agent-ignores-namespaces', 0.12) ? true : undefined,
      enableKubernetesAPISelectors: roll.happens('agent-api-selectors', 0.12) ? true : undefined,
      enforcedNamespaceLabel: roll.happens('agent-enforced-label', 0.1) ? 'tenant' : undefined,
      overrideHonorLabels: roll.happens('agent-override-labels', 0.1) ? true : undefined,
      overrideHonorTimestamps: roll.happens('agent-override-timestamps', 0.1) ? true : undefined,
      arbitraryFSAccessThroughSMs: roll.happens('agent-denies-files', 0.1)
        ? { deny: true }
        : undefined,
      daemonSetMode: roll.happens('agent-per-node', 0.06) ? true : undefined,
      globalScrapeRelabelConfigs: roll.happens('agent-global-rules', 0.1)
        ? [...ruleInTurn(roll, turn + 11)]
        : undefined,
      ...intervals(roll),
    }),
  };
}

/** Which scrapes it takes, by their labels and those of their namespaces. */
function selection(roll: Dice, broken: Link | undefined): Members {
  const team = (name: string): Members => ({ matchLabels: { team: name } });
  if (broken === 'agent-does-not-select') return { serviceScrapeSelector: team('nobody') };
  return roll.choose<Members>('agent-selects', [
    ['all', 5, { selectAllByDefault: true }],
    ['empty-selector', 1, { serviceScrapeSelector: {} }],
    ['nothing', 0.7, {}],
    ['label', 1.5, { serviceScrapeSelector: team('one') }],
    ['label-or-all', 1, { selectAllByDefault: true, serviceScrapeSelector: team('two') }],
    ['namespace', 1.5, { serviceScrapeNamespaceSelector: team(roll.any(namespaceTeams)) }],
    [
      'label-and-namespace',
      1.5,
      {
        serviceScrapeSelector: {
          matchExpressions: [{ key: 'team', operator: 'In', values: ['one', 'two'] }],
        },
        serviceScrapeNamespaceSelector: team(roll.any(namespaceTeams)),
      },
    ],
  ]);
}

function template(
  roll: Dice,
  broken: Link | undefined,
  turn: number,
): readonly Members[] | undefined {
  if (broken === 'template-drops-all') return [dropsAll];
  return roll.happens('agent-template', 0.3)
    ? [...ruleInTurn(roll, turn), ...randomRules(roll, 2)]
    : undefined;
}

function scrapeClass(roll: Dice): Members {
  return present({
    name: className,
    default: roll.happens('agent-class-default', 0.5) ? true : undefined,
    relabelConfigs: roll.happens('agent-class-rules', 0.6) ? randomRules(roll, 3) : undefined,
    attachMetadata: roll.happens('agent-class-attaches-node', 0.3) ? { node: true } : undefined,
  });
}

function intervals(roll: Dice): Members {
  return roll.choose<Members>('agent-interval', [
    ['absent', 5, {}],
    ['own', 1, { scrapeInterval: '45s' }],
    ['bounded', 1, { minScrapeInterval: '40s', maxScrapeInterval: '1m' }],
  ]);
}
