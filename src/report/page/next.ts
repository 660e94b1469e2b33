import type { CodeEntry } from '../../findings/index.ts';
import type { Coverage } from '../../planning/index.ts';
import { findingSections } from '../finding-codes.ts';
import { severityOrder } from '../order.ts';
import type { ReportedFinding } from '../report.ts';
import type { PageData } from './data.ts';
import { type Html, html } from './html.ts';
import { icon } from './icons.ts';
import { counted } from './words.ts';

/** Steps that are shown; the findings below tell the rest. */
const mostSteps = 6;

interface NextStep {
  readonly icon: 'error' | 'warning' | 'info' | 'silent';
  readonly what: string;
  readonly how: string;
  /** What it is about, and how many more. */
  readonly where: string;
  /** What shows all that it is about; empty where there is nothing more to show. */
  readonly search: string;
}

/** What to do next: errors, what is missing for a whole answer, other findings, and what silent components lack. */
export function nextSteps(data: PageData): Html {
  const found = findingSteps(data);
  const steps = [
    ...found.filter((step) => step.icon === 'error'),
    ...gapSteps(data),
    ...found.filter((step) => step.icon !== 'error'),
    ...silentSteps(data),
  ];
  const hidden = steps.length - mostSteps;
  const shown = steps
    .slice(0, mostSteps)
    .map(
      (step) =>
        html`<li>${icon(step.icon)}<div><p class="what">${step.what}</p>${step.how !== '' && html`<p class="how">${step.how}</p>`}${step.where !== '' && html`<p class="where">${step.where}${step.search !== '' && html` · <a href="#?q=${step.search}">Show all</a>`}</p>`}</div></li>`,
    );
  return html`<section class="next" aria-labelledby="next">
<h2 id="next">What to do next</h2>
${
  steps.length === 0
    ? html`<p class="well">${icon('covered')} Nothing. No finding is open.</p>`
    : html`<ol>${shown}</ol>`
}
${hidden > 0 && html`<p class="more">and ${counted(hidden, 'more step')}: see <a href="#findings">Findings</a></p>`}
</section>`;
}

function gapSteps({ gaps }: PageData): NextStep[] {
  return gaps.map(({ message, fix }) => ({
    icon: 'info',
    what: sentence(message),
    how: sentence(fix),
    where: '',
    search: '',
  }));
}

/** One step for the findings of one code. What is merely worth knowing is no step. */
function findingSteps(data: PageData): NextStep[] {
  const counting = data.findings.filter(({ severity }) => severity !== 'info');
  const groups = [...Map.groupBy(counting, ({ code }) => code).values()].flatMap((members) => {
    const [first] = members;
    return first === undefined ? [] : [{ first, members }];
  });
  groups.sort((a, b) => rank(a.first) - rank(b.first));
  return groups.map(({ first, members }): NextStep => {
    const { kind, namespace, name } = first.object;
    const where = `${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`;
    const fixes = new Set(members.map(({ fix }) => fix));
    const what = members.length === 1 ? first.message : titleOf(first.code);
    const how = fixes.size === 1 ? first.fix : 'what to do about each stands with it';
    return {
      icon: first.severity,
      what: sentence(what),
      how: sentence(first.code === 'component-uncovered' ? uncovered(data, how) : how),
      where: members.length === 1 ? where : `${where}, and ${members.length - 1} more`,
      search: members.length === 1 ? '' : first.code,
    };
  });
}

/** Where autoscrape runs it makes the scrapes that are missing. */
function uncovered({ kind, missing }: PageData, otherwise: string): string {
  if (missing.length === 0) return otherwise;
  const scrapes =
    missing.length === 1 ? 'the missing scrape' : `the ${missing.length} missing scrapes`;
  return kind === 'audit'
    ? `run autoscrape in this cluster: it makes ${scrapes}. Or apply ${missing.length === 1 ? 'it' : 'them'}: -o json has ${missing.length === 1 ? 'it' : 'them'} whole`
    : `autoscrape makes ${scrapes}; where one stays missing, the Events of its Service say why`;
}

const titles: ReadonlyMap<string, string> = new Map(
  findingSections.flatMap(({ codes }) =>
    Object.entries<CodeEntry>(codes).map(([code, { title }]): [string, string] => [code, title]),
  ),
);

function titleOf(code: string): string {
  return titles.get(code) ?? code;
}

function rank({ severity }: ReportedFinding): number {
  return severityOrder.indexOf(severity);
}

/** Components that would send metrics if they were told to, by what would tell them. */
function silentSteps({ coverage }: PageData): NextStep[] {
  const silent = coverage.filter(
    ({ state, because }) => state === 'silent' && settingOf(because) !== '',
  );
  return [...Map.groupBy(silent, (one) => settingOf(one.because))].map(([setting, members]) => ({
    icon: 'silent',
    what: `${components(members)} ${members.length === 1 ? 'sends' : 'send'} no metrics as configured.`,
    how: `To make ${members.length === 1 ? 'it' : 'them'} send metrics, set ${setting}.`,
    where: namespaces(members),
    search: '',
  }));
}

function settingOf(because: string): string {
  return /; to make it send metrics set (.+)$/.exec(because)?.[1] ?? '';
}

function components(members: readonly Coverage[]): string {
  const names = [...new Set(members.map(({ component }) => component))].sort();
  const shown = names.slice(0, 4).join(', ');
  return names.length > 4 ? `${shown} and ${names.length - 4} more` : shown;
}

function namespaces(members: readonly Coverage[]): string {
  const names = [...new Set(members.map(({ namespace }) => namespace))].sort();
  const shown = names.slice(0, 3).join(', ');
  const more = names.length > 3 ? ` and ${names.length - 3} more` : '';
  return `${names.length === 1 ? 'Namespace' : 'Namespaces'} ${shown}${more}`;
}

function sentence(text: string): string {
  if (text === '') return '';
  // Names of fields and objects keep their case.
  const begins = /^[a-z]+ /.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
  return /[.?!]$/.test(begins) ? begins : `${begins}.`;
}
