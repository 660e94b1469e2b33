import { stateOrder, states } from '../../src/planning/index.ts';
import { chainLinks } from '../../src/planning/types.ts';
import { reviewFindings } from '../../src/review/index.ts';
import { table } from './table.ts';

/** What each link of the chain asks, in the order of the chain. */
const links: Readonly<Record<(typeof chainLinks)[number], string>> = {
  pods: 'Are there pods, or a workload that makes them?',
  service: 'Does a Service lead to them?',
  port: 'Is the metrics port behind it, so that discovery finds it?',
  scrape: 'Does a scrape select that Service, or those pods?',
  form: 'Can vmagent read its durations? It refuses its whole configuration because of a bad one.',
  agent:
    'Does an agent take it, by labels, namespaces and `daemonSetMode`, as far as agents are known?',
  references:
    'Is everything there that it names: its scrape class, Secrets, ConfigMaps? The operator leaves out the whole scrape else, and says so in its status.',
  relabelling:
    "Do the job's rules keep the target, and leave its port? The agent's own rules count: global ones, those of its scrape class and its template.",
  request: 'Does it ask for the path and by the scheme of the metrics?',
  once: 'Does nothing else read it into the same store?',
};

/** Returns the page `docs/states.md`. */
export function statesDocument(): string {
  return [
    '# States',
    '',
    '<!-- Made from src/planning/states.ts by `npm run generate`. -->',
    '',
    '`review`, `audit`, `explain`, `/status`, its page and the metric `autoscrape_components` say the same of a component,',
    'because they ask the same function: each of its pods is followed along a chain of links to an agent.',
    '',
    table(
      ['state', 'the component …', 'finding', '`audit --fail-on warning`', '`explain`', 'alert'],
      stateOrder.map((state) => {
        const { meaning, finding, alert, needsAttention } = states[state];
        const severity = severityOf(finding);
        return [
          `\`${state}\``,
          meaning,
          finding === '' ? '' : `[\`${finding}\`](findings.md#${finding}) (${severity})`,
          severity === 'warning' || severity === 'error' ? 'exit 1' : 'exit 0',
          needsAttention ? 'exit 1' : 'exit 0',
          alert === '' ? '' : `[${alert}](runbook.md#${alert.toLowerCase()})`,
        ];
      }),
    ),
    '',
    'The metric has the state as its label: `autoscrape_components{component="etcd",state="unread"}`.',
    '',
    'Where several could be said, the first of these is: opted-out, pushed, silent, duplicated, covered, unknown,',
    'unread, uncovered. A component is one of them as a whole: with one pod of three that nothing reads it is `unread`.',
    '',
    '## The chain',
    '',
    table(
      ['link', 'asks'],
      chainLinks.map((link) => [`\`${link}\``, links[link]]),
    ),
    '',
    'Each link has three answers: yes, no, and _can not be told_. The first that is not yes decides, and stands in the',
    'JSON of `review` and `audit` as `link`, with the reason beside it. Where no agent is at hand, one is taken to be there',
    'that takes every scrape: that link is not seen then, and nothing is removed because of it.',
    '',
    '## Samples',
    '',
    'Coverage says what should be read. What has arrived is another question, which `audit --store URL` asks a store: each',
    'component is `sampled`, `stale`, `none` or `not-known` besides ([audit.md](audit.md#what-has-arrived)). Samples that',
    'are stale, missing or there twice are findings of severity warning: exit 1 with `--fail-on warning`, else exit 0.',
    '',
    '## What is done about it',
    '',
    "- **A scrape of somebody else certainly reads the component**, by every agent that would take autoscrape's own:",
    "  ours is removed. It has to be in the namespace of the Service, or, for each of these agents, in the agent's own",
    '  ([`scrapes.yieldTo`](settings.md#scrapesyieldto)).',
    '- **It certainly does not**: ours is made.',
    '- **It can not be told**: what is stored stays. Ours is neither made nor removed, and the state says why.',
    '',
    'A verdict that changed though neither the Service nor a scrape did comes from an agent, which may be deleted and made',
    'again in a moment: it has to hold for two minutes before anything is written.',
    '',
  ].join('\n');
}

function severityOf(code: string): string {
  return Object.entries(reviewFindings).find(([one]) => one === code)?.[1].severity ?? '';
}
