import type { Severity } from '../../findings/index.ts';
import type { CoverageState } from '../../planning/index.ts';
import { type Html, html, verbatim } from './html.ts';

/**
 * One shape for each state and severity, so that none is told by its colour alone. Drawn on 16 by 16; what is drawn
 * with the paper's colour is cut out of the shape.
 */
const shapes = {
  covered:
    '<circle cx="8" cy="8" r="7"/><path d="M4.8 8.2l2.2 2.3 4.3-4.8" fill="none" stroke="var(--paper)" stroke-width="1.7"/>',
  pushed:
    '<circle cx="8" cy="8" r="7"/><path d="M8 11.8V4.6M4.9 7.5L8 4.4l3.1 3.1" fill="none" stroke="var(--paper)" stroke-width="1.7"/>',
  silent:
    '<circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="1.7" stroke-dasharray="3.1 3.18"/>',
  'opted-out':
    '<circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="1.7"/><path d="M4 12L12 4" stroke="currentColor" stroke-width="1.7"/>',
  uncovered:
    '<path d="M8 .6l7.4 7.4L8 15.4.6 8z"/><path d="M8 4.4v4.4" stroke="var(--paper)" stroke-width="1.8"/><circle cx="8" cy="11.1" r="1.05" fill="var(--paper)"/>',
  unread:
    '<path d="M8 .6l7.4 7.4L8 15.4.6 8z"/><path d="M4.9 8h1.9m2.4 0h1.9" stroke="var(--paper)" stroke-width="1.8"/>',
  unknown:
    '<circle cx="8" cy="8" r="7"/><path d="M5.9 6.4a2.1 2.1 0 1 1 3 1.9c-.6.3-.9.7-.9 1.4" fill="none" stroke="var(--paper)" stroke-width="1.6"/><circle cx="8" cy="11.9" r=".95" fill="var(--paper)"/>',
  duplicated:
    '<rect x="1" y="1" width="10" height="10" rx="1.5" fill="none" stroke="currentColor" stroke-width="1.6"/><rect x="5" y="5" width="10.4" height="10.4" rx="1.5"/>',
  error:
    '<path d="M5 .8h6L15.2 5v6L11 15.2H5L.8 11V5z"/><path d="M5.3 5.3l5.4 5.4m0-5.4l-5.4 5.4" stroke="var(--paper)" stroke-width="1.7"/>',
  warning:
    '<path d="M8 1l7.4 13.6H.6z"/><path d="M8 5.8v4" stroke="var(--paper)" stroke-width="1.7"/><circle cx="8" cy="12.1" r="1" fill="var(--paper)"/>',
  info: '<circle cx="8" cy="8" r="7"/><path d="M8 7.2v4.6" stroke="var(--paper)" stroke-width="1.7"/><circle cx="8" cy="4.6" r="1.05" fill="var(--paper)"/>',
} as const satisfies Record<CoverageState | Severity, string>;

/** The shapes, once for the whole page. */
export const sprite: Html = verbatim(
  `<svg width="0" height="0" class="sprite" aria-hidden="true" focusable="false">${Object.entries(
    shapes,
  )
    .map(([name, shape]) => `<symbol id="i-${name}" viewBox="0 0 16 16">${shape}</symbol>`)
    .join('')}</svg>`,
);

/** The shape beside its word; readers of screens have the word. */
export function icon(name: keyof typeof shapes): Html {
  return html`<svg class="icon is-${name}" aria-hidden="true" focusable="false"><use href="#i-${name}"/></svg>`;
}
