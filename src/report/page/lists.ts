import type { TargetVerdict } from '../../findings/index.ts';
import { kindAndName } from '../../kubernetes/index.ts';
import { type Coverage, type CoverageState, states } from '../../planning/index.ts';
import { severityOrder, stateOrder } from '../order.ts';
import type { ReportedFinding } from '../report.ts';
import type { MissingScrape, PageAdmission, PageData } from './data.ts';
import { tallies } from './glance.ts';
import { type Html, html } from './html.ts';
import { icon } from './icons.ts';
import { counted, placeOf, tally } from './words.ts';

/** Entries of a list on the page: what a browser filters while somebody types, and some 400 bytes each. */
export const mostListed = {
  components: 1_000,
  findings: 300,
  targets: 500,
  scrapes: 200,
  admissions: 100,
};

/** Every component with its state and the reason, by namespace: what needs attention first. */
export function components({ coverage, kind }: PageData): Html {
  const all = Map.groupBy(coverage, ({ namespace }) => namespace);
  const urgent = coverage.toSorted(byUrgency).slice(0, mostListed.components);
  const groups = [...Map.groupBy(urgent, ({ namespace }) => namespace)];
  groups.sort(([a, one], [b, other]) => wrongIn(other) - wrongIn(one) || (a < b ? -1 : 1));
  const shown = groups.map(([namespace, listed]) =>
    group(namespace, all.get(namespace) ?? listed, listed),
  );
  const hidden = coverage.length - mostListed.components;
  const whole =
    kind === 'status'
      ? '/status.json has the others too, and autoscrape audit -n NAMESPACE shows those of a namespace'
      : 'autoscrape audit -n NAMESPACE -o html shows those of a namespace, -o json has all';
  return html`<section aria-labelledby="components">
<h2 id="components" tabindex="-1">Components</h2>
${coverage.length === 0 ? html`<p class="empty">None. Nothing here is recognised as a component of the catalogue.</p>` : shown}
${hidden > 0 && html`<p class="more">and ${counted(hidden, 'more component')}: ${whole}.</p>`}
</section>`;
}

function byUrgency(a: Coverage, b: Coverage): number {
  return stateOrder.indexOf(a.state) - stateOrder.indexOf(b.state);
}

function wrongIn(members: readonly Coverage[]): number {
  return members.filter(({ state }) => states[state].needsAttention).length;
}

function group(namespace: string, members: readonly Coverage[], listed: readonly Coverage[]): Html {
  return html`<div class="group" data-group>
<h3>${namespace} <span class="tallies">${tallies(tally(members))}</span></h3>
<ul class="items">${listed.map(component)}</ul>
</div>`;
}

function component(one: Coverage): Html {
  const { state, because, namespace } = one;
  return html`<li data-item="component" data-state="${state}" data-component="${one.component}" data-namespace="${namespace}">
<span class="badge is-${state}">${icon(state)} ${state}</span>
<div><h4 class="title">${one.component} <span class="place">${placeOf(one)}</span></h4><p>${because}</p></div></li>`;
}

/** What is wrong or unclear, the worst first. */
export function findings({ findings: all }: PageData): Html {
  const sorted = all.toSorted(
    (a, b) => severityOrder.indexOf(a.severity) - severityOrder.indexOf(b.severity),
  );
  return list('findings', 'Findings', sorted, finding, 'None.', mostListed.findings, 'finding');
}

function finding(one: ReportedFinding): Html {
  const { severity, object, field, file, line, message, fix, code } = one;
  const { kind, namespace, name } = object;
  const place = [field, file === '' || file === '-' ? '' : `${file}:${line}`].filter(
    (part) => part !== '',
  );
  return html`<li data-item="finding" data-namespace="${namespace}">
<span class="badge is-${severity}">${icon(severity)} ${severity}</span>
<div><h3 class="title">${kind} ${namespace === '' ? '' : `${namespace}/`}${name} <span class="place">${place.join(' · ')}</span></h3><p>${message}</p>
${fix !== '' && html`<p class="fix"><b>Fix</b> ${fix}</p>`}<p class="code"><code>${code}</code></p></div></li>`;
}

/** What agents make of the targets that they should have, those that are up last; nothing where none was asked. */
export function targets({ targets: all }: PageData): Html {
  if (all === undefined) return html``;
  const sorted = all.toSorted((a, b) => Number(a.state === 'up') - Number(b.state === 'up'));
  const none = 'None is expected: no scrape reads a pod that runs.';
  return list('targets', 'Targets', sorted, target, none, mostListed.targets, 'target');
}

const targetIcons = {
  up: 'covered',
  down: 'error',
  empty: 'error',
  waiting: 'silent',
  dropped: 'error',
  missing: 'uncovered',
  elsewhere: 'warning',
  twice: 'duplicated',
} as const;

function target(one: TargetVerdict): Html {
  const { namespace, component: of, pod, port, state, because, fix, job } = one;
  const shape = targetIcons[state];
  return html`<li data-item="target" data-namespace="${namespace}" data-component="${of}">
<span class="badge is-${shape}">${icon(shape)} ${state}</span>
<div><h3 class="title">${namespace}/${pod}:${port} <span class="place">${of} · ${job}</span></h3>${state !== 'up' && html`<p>${because}</p>`}
${fix !== '' && html`<p class="fix"><b>Fix</b> ${fix}</p>`}</div></li>`;
}

/** Scrapes that are wanted and not there; nothing where there are none. */
export function missingScrapes({ missing }: PageData): Html {
  if (missing.length === 0) return html``;
  return list(
    'scrapes',
    'Missing scrapes',
    missing,
    missingScrape,
    '',
    mostListed.scrapes,
    'scrape',
  );
}

function missingScrape({ namespace, name, service, component: of }: MissingScrape): Html {
  return html`<li data-item="scrape" data-namespace="${namespace}" data-component="${of}">
<span class="badge is-info">${icon('info')} not there</span>
<div><h3 class="title">${namespace}/${name} <span class="place">Service ${service}</span></h3><p>autoscrape makes it where it runs, for ${of}.</p></div></li>`;
}

/** What the webhook answered last; nothing where no webhook tells. */
export function admissions({ admissions: last, coverage }: PageData): Html {
  if (last === undefined) return html``;
  const wrong = statesByObject(coverage);
  const none = 'None since this process started.';
  return list(
    'admissions',
    'Last admissions',
    last,
    (one) => admission(one, wrong.get(objectKey(one.namespace, one.kind, one.name))),
    none,
    mostListed.admissions,
    'admission',
  );
}

/** The states that need attention, by the objects of components that have them. */
function statesByObject(coverage: readonly Coverage[]): ReadonlyMap<string, CoverageState> {
  const found = new Map<string, CoverageState>();
  for (const { namespace, workload, services, state } of coverage) {
    if (!states[state].needsAttention) continue;
    const { kind, name } = kindAndName(workload);
    found.set(objectKey(namespace, kind, name), state);
    for (const service of services) found.set(objectKey(namespace, 'Service', service), state);
  }
  return found;
}

function objectKey(namespace: string, kind: string, name: string): string {
  return `${kind} ${namespace}/${name}`;
}

const outcomes = {
  patched: { icon: 'covered', word: 'added to' },
  unchanged: { icon: 'covered', word: 'unchanged' },
  ignored: { icon: 'opted-out', word: 'let pass' },
  skipped: { icon: 'warning', word: 'out of time' },
  error: { icon: 'error', word: 'error' },
  denied: { icon: 'error', word: 'refused' },
} as const;

/** Why, where the name of the reason does not say it. */
const reasons: ReadonlyMap<string, string> = new Map([
  ['owner', 'by its owner'],
  ['part-of', 'by its label part-of'],
  ['pair', 'by its labels name and component'],
  ['own-label', 'by the label autoscrape.multigres.com/component'],
  ['port', 'by its port, in a namespace that asks for it'],
  ['image', 'by its image, in a namespace that asks for it'],
  ['own-scrape', 'it is a scrape of our own'],
  ['findings-off', 'scrapes are not checked'],
  ['checked', 'checked'],
  ['no-evidence', 'nothing shows that it is a component'],
  ['opted-out', 'it has opted out'],
  ['ambiguous', 'it could be several components'],
  ['operation', 'nothing is done about this operation'],
  ['kind', 'nothing is done about this kind'],
  ['subresource', 'nothing is done about subresources'],
  ['no-object', 'there is no object in it'],
  ['deleting', 'it is being deleted'],
  ['late', 'the deadline had passed'],
  ['exception', 'an error inside autoscrape'],
  ['patch-does-not-apply', 'what would be added does not apply'],
  ['patch-not-idempotent', 'what would be added does not settle'],
]);

/** @param state of the component that the object belongs to, where it needs attention: then nothing is green */
function admission(one: PageAdmission, state: CoverageState | undefined): Html {
  const { at, kind, operation, namespace, name, component: of, because } = one;
  const { icon: usual, word } = outcomes[one.outcome];
  const shape = state !== undefined && usual === 'covered' ? state : usual;
  const said = [
    of === '' ? '' : `recognised as ${of}`,
    reasons.get(because) ?? because,
    one.additions === 0 ? '' : counted(one.additions, 'addition'),
    one.findings.length === 0 ? '' : one.findings.join(', '),
    one.dryRun ? 'dry run' : '',
    state === undefined ? '' : `now ${state}`,
  ].filter((part) => part !== '');
  return html`<li data-item="admission" data-namespace="${namespace}" data-component="${of}">
<span class="badge is-${shape}">${icon(shape)} ${word}</span>
<div><h3 class="title">${kind} ${namespace}/${name === '' ? '(name to be made)' : name} <span class="place">${operation.toLowerCase()} · ${time(at)}</span></h3><p>${said.join(' · ')}</p></div></li>`;
}

/** A moment, to the second, as UTC. */
export function time(at: Date): Html {
  const iso = `${at.toISOString().slice(0, 19)}Z`;
  return html`<time datetime="${iso}">${iso.replace('T', ' ').replace('Z', ' UTC')}</time>`;
}

function list<T>(
  id: string,
  title: string,
  all: readonly T[],
  shown: (one: T) => Html,
  none: string,
  most: number,
  thing: string,
): Html {
  const hidden = all.length - most;
  return html`<section aria-labelledby="${id}" data-group>
<h2 id="${id}">${title}</h2>
${all.length === 0 ? html`<p class="empty">${none}</p>` : html`<ul class="items">${all.slice(0, most).map(shown)}</ul>`}
${hidden > 0 && html`<p class="more">and ${counted(hidden, `more ${thing}`)}.</p>`}
</section>`;
}
