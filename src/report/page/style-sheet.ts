/** The page's style: system fonts, one column that becomes two, colours that say a state beside its shape and word. */
export const styleSheet = `
:root {
  color-scheme: light dark;
  --paper: #fff; --ground: #f6f6f4; --ink: #191c20; --soft: #565d66; --line: #e0e1de; --strong-line: #b9bcb9; --accent: #0b55b5;
  --covered: #177245; --pushed: #1a5fa3; --silent: #5c636c; --uncovered: #b3221b; --unread: #b3221b; --unknown: #8f4b00; --duplicated: #8f4b00; --opted-out: #5c636c;
  --error: #b3221b; --warning: #8f4b00; --info: #1a5fa3;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "Liberation Sans", sans-serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "Liberation Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #1a1d21; --ground: #121417; --ink: #e7e9eb; --soft: #a5adb6; --line: #2b3036; --strong-line: #4a525b; --accent: #8cb8f5;
    --covered: #5ccb92; --pushed: #7fb6ee; --silent: #a5adb6; --uncovered: #ff8b80; --unread: #ff8b80; --unknown: #efb05f; --duplicated: #efb05f; --opted-out: #a5adb6;
    --error: #ff8b80; --warning: #efb05f; --info: #7fb6ee;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
html { scroll-padding-top: 1rem; -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 1rem/1.5 var(--sans); overflow-wrap: anywhere; }
header, main, footer { max-width: 68rem; margin-inline: auto; padding-inline: clamp(1rem, 4vw, 2.5rem); }
header { padding-block: 2.25rem 0; }
main { display: grid; gap: 2.75rem; padding-block: 1.75rem 3rem; }
main > *, .columns > *, #results > * { min-width: 0; }
.sprite { position: absolute; }
.skip { position: absolute; left: 1rem; top: -4rem; padding: .5rem .75rem; background: var(--ink); color: var(--paper); border-radius: 0 0 .4rem .4rem; z-index: 1; }
.skip:focus { top: 0; }
a { color: var(--accent); text-underline-offset: .18em; text-decoration-thickness: .06em; }
a:hover { text-decoration-thickness: .12em; }
:focus-visible { outline: .15rem solid var(--accent); outline-offset: .15rem; border-radius: .2rem; }
h1, h2, h3, h4, p, ul, ol { margin: 0; }
ul, ol { padding: 0; list-style: none; }
h1 { font-size: 1.125rem; font-weight: 600; line-height: 1.3; letter-spacing: -.005em; }
h2 { font-size: 1.125rem; font-weight: 600; line-height: 1.3; letter-spacing: -.005em; }
h3 { font-size: .9375rem; font-weight: 600; }
.title { font-size: .9375rem; font-weight: 600; line-height: 1.45; }
code, kbd, h3, h4, .division th a { font-variant-ligatures: none; }
code { font: .8125rem/1.4 var(--mono); }
kbd { font: .75rem/1 var(--mono); padding: .05rem .3rem; border: 1px solid var(--strong-line); border-radius: .25rem; }
.brand { font: 600 .8125rem/1.4 var(--mono); color: var(--soft); margin-bottom: .5rem; }
.brand span { font-weight: 400; }
.meta, .more, .empty, .hint, footer { color: var(--soft); font-size: .875rem; }
.meta { margin-top: .15rem; }
.icon { width: 1em; height: 1em; flex: none; vertical-align: -.125em; fill: currentColor; }
.is-covered { color: var(--covered); } .is-pushed { color: var(--pushed); } .is-silent { color: var(--silent); }
.is-uncovered { color: var(--uncovered); } .is-unread { color: var(--unread); } .is-unknown { color: var(--unknown); } .is-duplicated { color: var(--duplicated); } .is-opted-out { color: var(--opted-out); }
.is-error { color: var(--error); } .is-warning { color: var(--warning); } .is-info { color: var(--info); }

.glance h2 { font-size: clamp(1.65rem, 1.1rem + 2.6vw, 2.5rem); font-weight: 650; line-height: 1.15; letter-spacing: -.022em; max-width: 22em; text-wrap: balance; }
.bar { display: block; width: 100%; border-radius: .2rem; background: var(--line); }
.bar rect { fill: currentColor; stroke: var(--ground); stroke-width: 2px; }
.bar.wide { height: .875rem; margin-block: 1.5rem 1.25rem; }
.bar.small { height: .375rem; margin-block: .45rem .2rem; }
.bar .is-silent { opacity: .5; }
.bar .is-opted-out { opacity: .25; }
.states { display: grid; grid-template-columns: repeat(6, minmax(0, 1fr)); gap: .5rem; }
.states button { display: flex; flex-direction: column; gap: .1rem; width: 100%; height: 100%; padding: .7rem .8rem .75rem; text-align: left; font: inherit; color: var(--ink); background: var(--paper); border: 1px solid var(--line); border-radius: .5rem; cursor: pointer; overflow-wrap: normal; }
.states button:disabled { cursor: default; color: inherit; }
.states button:enabled:hover { border-color: var(--strong-line); }
.states button[aria-pressed=true] { border-color: var(--ink); box-shadow: inset 0 0 0 1px var(--ink); }
.states .count { font-size: 1.5rem; line-height: 1.15; font-weight: 600; letter-spacing: -.02em; font-variant-numeric: tabular-nums; }
.states .none .count { color: var(--soft); font-weight: 400; }
.states .state { font-size: .875rem; font-weight: 600; white-space: nowrap; }
.states .meaning { font-size: .8125rem; line-height: 1.35; color: var(--soft); }

.next ol { margin-top: .75rem; border-top: 1px solid var(--line); }
.next li { display: flex; gap: .75rem; padding-block: .8rem; border-bottom: 1px solid var(--line); }
.next li .icon { margin-top: .25em; }
.next .what { font-weight: 600; }
.next .where { color: var(--soft); font-size: .875rem; }
.next .how, .fix { max-width: 46rem; }
.well { margin-top: .5rem; }

.columns { display: grid; grid-template-columns: 1fr 1fr; gap: 2.5rem; align-items: start; }
.division { width: 100%; margin-top: .5rem; border-collapse: collapse; table-layout: fixed; }
.division thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.division tbody tr { border-bottom: 1px solid var(--line); }
.division tbody tr:first-child { border-top: 1px solid var(--line); }
.division th, .division td { padding: .5rem 0; text-align: left; vertical-align: top; font-weight: 400; }
.division tbody th { width: 40%; padding-right: 1rem; font-size: .9375rem; }
.tallies { display: flex; flex-wrap: wrap; gap: 0 .8rem; font-size: .8125rem; color: var(--soft); font-weight: 400; }
.tally { white-space: nowrap; }

#filter { display: grid; grid-template-columns: minmax(0, 2fr) minmax(0, 1fr) minmax(0, 1fr); gap: .25rem 1rem; padding-top: 1.75rem; border-top: 1px solid var(--strong-line); }
.field label { display: block; font-size: .8125rem; font-weight: 600; margin-bottom: .25rem; }
.field input, .field select { width: 100%; min-height: 2.5rem; padding: .4rem .65rem; font: inherit; color: var(--ink); background: var(--paper); border: 1px solid var(--strong-line); border-radius: .4rem; }
.hint { margin-top: .3rem; font-size: .8125rem; }
.outcome { grid-column: 1 / -1; display: flex; flex-wrap: wrap; align-items: center; gap: .75rem; min-height: 2.25rem; margin-top: .5rem; font-size: .9375rem; }
.outcome p { font-variant-numeric: tabular-nums; }
.outcome button { font: inherit; font-size: .875rem; padding: .25rem .7rem; color: var(--ink); background: var(--paper); border: 1px solid var(--strong-line); border-radius: .4rem; cursor: pointer; }

#results { display: grid; gap: 2.5rem; margin-top: -1.5rem; }
.group { margin-top: 1.1rem; }
.group h3 { display: flex; flex-wrap: wrap; gap: 0 1rem; align-items: baseline; padding-bottom: .35rem; }
.items { background: var(--paper); border: 1px solid var(--line); border-radius: .5rem; }
h2 + .items { margin-top: .75rem; }
.items > li { display: grid; grid-template-columns: 8.5rem minmax(0, 1fr); gap: .1rem 1rem; padding: .7rem 1rem; }
.items > li + li { border-top: 1px solid var(--line); }
.badge { font-size: .875rem; font-weight: 600; line-height: 1.55; white-space: nowrap; }
.place { font-weight: 400; color: var(--soft); margin-left: .35rem; }
.items p { font-size: .9375rem; color: var(--soft); }
.items .fix { color: var(--ink); margin-top: .15rem; }
.fix b { font-weight: 600; }
.items .code { margin-top: .15rem; line-height: 1.3; }
.more { margin-top: .6rem; }
.empty { margin-top: .5rem; }
footer { padding-block: 0 2.5rem; }

@media (max-width: 60rem) { .states { grid-template-columns: repeat(3, minmax(0, 1fr)); } }
@media (max-width: 44rem) {
  header { padding-top: 1.25rem; }
  main { gap: 2.25rem; }
  .columns { grid-template-columns: 1fr; gap: 2rem; }
  .states { grid-template-columns: 1fr; gap: 0; border: 1px solid var(--line); border-radius: .5rem; background: var(--paper); overflow: hidden; }
  .states li + li { border-top: 1px solid var(--line); }
  .states button { display: grid; grid-template-columns: 2.75rem minmax(0, 1fr); align-items: baseline; border: 0; border-radius: 0; padding: .55rem .8rem; }
  .states .count { grid-row: span 2; font-size: 1.25rem; }
  .states :focus-visible { outline-offset: -.2rem; }
  #filter { grid-template-columns: 1fr 1fr; gap: .75rem; }
  .field.search { grid-column: 1 / -1; }
  .items > li { grid-template-columns: 1fr; padding: .65rem .8rem; }
  .place { display: block; margin-left: 0; }
  .hint kbd { white-space: nowrap; }
}
@media (forced-colors: active) { .bar rect, .icon { forced-color-adjust: none; } }
@media print { #filter, .skip { display: none; } body { background: #fff; } }
`;
