import { type Coverage, type CoverageState, states } from '../../planning/index.ts';
import { stateOrder } from '../order.ts';
import type { PageData } from './data.ts';
import { type Html, html } from './html.ts';
import { icon } from './icons.ts';
import { counted, meanings, type Tally, tally } from './words.ts';

/** Rows of a table of namespaces. */
const mostNamespaces = 100;

/** The verdict in one sentence, then how many of each state: each of them a button that shows these alone. */
export function glance(data: PageData): Html {
  const { coverage } = data;
  const all = tally(coverage);
  return html`<section class="glance" aria-labelledby="verdict">
<h2 id="verdict">${data.headline ?? verdict(data, all)}</h2>
${bar(all, coverage.length, 'wide')}
<ul class="states">${stateOrder.toReversed().map((state) => stateButton(state, all[state]))}</ul>
</section>`;
}

function verdict({ coverage, targets = [], gaps }: PageData, all: Tally): string {
  const wrong = wrongOf(all);
  const unread = targets.filter(({ state }) => state !== 'up' && state !== 'waiting').length;
  const attention = [
    ...(wrong === 0 ? [] : [ofAll(wrong, coverage.length, 'component')]),
    ...(unread === 0 ? [] : [ofAll(unread, targets.length, 'target')]),
  ];
  if (attention.length > 0) {
    const isOne = attention.length === 1 && wrong + unread === 1;
    return `${attention.join(' and ')} ${isOne ? 'needs' : 'need'} attention.`;
  }
  const isPartial = gaps.length > 0;
  if (coverage.length === 0) {
    return isPartial ? 'Too little is known to say.' : 'No component was found.';
  }
  if (isPartial) return 'Nothing needs attention, as far as this shows.';
  if (all.covered === 0) return 'Nothing serves metrics that an agent could read.';
  return 'Everything that serves metrics is read, exactly once.';
}

function ofAll(count: number, total: number, thing: string): string {
  return `${count.toLocaleString('en')} of ${counted(total, thing)}`;
}

function stateButton(state: CoverageState, count: number): Html {
  return html`<li><button type="button" data-state="${state}" aria-pressed="false" disabled${count === 0 && html` class="none"`}>
<span class="count">${count.toLocaleString('en')}</span><span class="state">${icon(state)} ${state}</span><span class="meaning">${meanings[state]}</span></button></li>`;
}

/** How the states divide a whole, in their order; what is said in words beside it is not said again. */
function bar(all: Tally, count: number, size: 'wide' | 'small'): Html {
  let at = 0;
  const parts = stateOrder.toReversed().map((state) => {
    const width = count === 0 ? 0 : (all[state] / count) * 100;
    const part = html`<rect class="is-${state}" x="${at.toFixed(2)}%" width="${width.toFixed(2)}%" height="100%"/>`;
    at += width;
    return width === 0 ? html`` : part;
  });
  return html`<svg class="bar ${size}" aria-hidden="true" focusable="false">${parts}</svg>`;
}

/** How each component and each namespace does. */
export function breakdown({ coverage }: PageData): Html {
  if (coverage.length === 0) return html``;
  return html`<div class="columns">
${division('component', 'By component', coverage, ({ component }) => component)}
${division('namespace', 'By namespace', coverage, ({ namespace }) => namespace)}
</div>`;
}

function division(
  of: 'component' | 'namespace',
  title: string,
  coverage: readonly Coverage[],
  keyOf: (one: Coverage) => string,
): Html {
  const rows = [...Map.groupBy(coverage, keyOf)].map(([key, members]) => ({
    key,
    count: members.length,
    all: tally(members),
  }));
  rows.sort((a, b) => wrongOf(b.all) - wrongOf(a.all) || (a.key < b.key ? -1 : 1));
  const hidden = rows.length - mostNamespaces;
  return html`<section aria-labelledby="by-${of}">
<h2 id="by-${of}">${title}</h2>
<table class="division"><thead><tr><th scope="col">${of}</th><th scope="col">state</th></tr></thead>
<tbody>${rows.slice(0, mostNamespaces).map(({ key, count, all }) => html`<tr><th scope="row"><a href="#components" data-filter="${of}" data-value="${key}">${key}</a></th><td>${bar(all, count, 'small')}<span class="tallies">${tallies(all)}</span></td></tr>`)}</tbody></table>
${hidden > 0 && html`<p class="more">and ${counted(hidden, `more ${of}`)}</p>`}
</section>`;
}

/** How many components need attention. */
export function wrongOf(all: Tally): number {
  return stateOrder.reduce(
    (sum, state) => sum + (states[state].needsAttention ? all[state] : 0),
    0,
  );
}

/** The states that occur, each with its shape, count and word. */
export function tallies(all: Tally): Html[] {
  return stateOrder
    .filter((state) => all[state] > 0)
    .map(
      (state) =>
        html`<span class="tally">${icon(state)} ${all[state].toLocaleString('en')} ${state}</span> `,
    );
}
