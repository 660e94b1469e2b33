import { script, scriptHash, styleSheet, styleSheetHash } from './assets.embedded.ts';
import type { PageData } from './data.ts';
import { breakdown, glance } from './glance.ts';
import { type Html, html, verbatim } from './html.ts';
import { sprite } from './icons.ts';
import { admissions, components, findings, missingScrapes, targets, time } from './lists.ts';
import { nextSteps } from './next.ts';

/**
 * What the page may do (https://www.w3.org/TR/CSP3/): show itself and run its own script. It asks nothing of any
 * network, whatever names and messages say.
 */
export const pagePolicy = [
  "default-src 'none'",
  `style-src '${styleSheetHash}'`,
  `script-src '${scriptHash}'`,
  // The empty icon: without one a browser asks its server for a favicon.
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

const headings = { audit: 'Discovery audit', status: 'Discovery status' } as const;

/**
 * The page: one HTML document that needs nothing else. Without its script it shows everything; with it, it can be
 * searched and filtered. Lists are bounded, and say how many more there are.
 */
export function pageHtml(data: PageData): string {
  const heading = headings[data.kind];
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta http-equiv="Content-Security-Policy" content="${pagePolicy}">
<title>${heading} · autoscrape</title>
<link rel="icon" href="data:,">
<style>${verbatim(styleSheet)}</style>
</head>
<body>
<a class="skip" href="#components">Skip to the components</a>
${sprite}
<header>
<p class="brand">autoscrape <span>${data.version}</span></p>
<h1>${heading}</h1>
<p class="meta">${data.source} · ${time(data.madeAt)}${data.kind === 'status' && html` · <a href="">Read again</a>`}</p>
</header>
<main>
${glance(data)}
${nextSteps(data)}
${breakdown(data)}
${filters(data)}
<div id="results">
${components(data)}
${findings(data)}
${targets(data)}
${missingScrapes(data)}
${admissions(data)}
</div>
</main>
<footer><p>What runs and whether it is discovered. Values are where your metrics are.</p></footer>
<script>${verbatim(script)}</script>
</body>
</html>
`.html;
}

/** Shown by the script, without which it could do nothing. */
function filters({ coverage }: PageData): Html {
  const names = (of: (one: PageData['coverage'][number]) => string) =>
    [...new Set(coverage.map(of))].sort().slice(0, mostChoices);
  return html`<form id="filter" role="search" aria-label="Filter" hidden>
<div class="field search"><label for="q">Search</label><input id="q" type="search" autocomplete="off" spellcheck="false" aria-describedby="hint"><p id="hint" class="hint">Names, reasons, codes. <kbd>/</kbd> to come here, <kbd>Esc</kbd> to clear, <kbd>Enter</kbd> to go to the results.</p></div>
${choice(
  'component',
  'Component',
  'All components',
  names(({ component }) => component),
)}
${choice(
  'namespace',
  'Namespace',
  'All namespaces',
  names(({ namespace }) => namespace),
)}
<div class="outcome"><p id="count" role="status"></p><button type="button" id="clear" hidden>Clear</button></div>
</form>`;
}

/** Names in a list to choose from. */
const mostChoices = 500;

function choice(id: string, label: string, all: string, names: readonly string[]): Html {
  return html`<div class="field"><label for="${id}">${label}</label><select id="${id}"><option value="">${all}</option>${names.map((name) => html`<option>${name}</option>`)}</select></div>`;
}
