import type { Severity } from '../findings/index.ts';
import type { Coverage, CoverageState, ManifestEndpoint, WantedScrape } from '../planning/index.ts';
import type { SampleState } from '../samples/index.ts';
import { printable, type Style } from './style.ts';

/** `1 object`, `2 objects`. */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}

/** A title and lines under it; empty where there are none. */
export function section(title: string, lines: readonly string[], style: Style): string {
  return lines.length === 0 ? '' : [style.strong(title), ...lines].join('\n');
}

/** Columns padded to the widest cell, the last one too. */
export function aligned(rows: readonly (readonly string[])[]): string[] {
  const columns = rows[0]?.length ?? 0;
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
}

/**
 * A text in lines of at most so many characters, each indented; a word that is longer stands in a line of its own.
 *
 * @param width undefined: one line
 */
export function wrapped(text: string, indent: string, width: number | undefined): string[] {
  if (width === undefined) return [indent + text];
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(indent + word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/** Where the pods of a component are: the namespace, and the workload, else the Services. */
export function placeCells({
  namespace,
  workload,
  services,
}: Pick<Coverage, 'namespace' | 'workload' | 'services'>): [namespace: string, pods: string] {
  const what = workload === '' ? services.map((name) => `Service/${name}`).join(', ') : workload;
  return [printable(namespace), printable(what)];
}

/** The same in one cell. */
export function whereOf(one: Pick<Coverage, 'namespace' | 'workload' | 'services'>): string {
  return placeCells(one).join('  ');
}

/** A scrape, and what it reads. */
export function scrapeCells({ namespace, name, service, manifest }: WantedScrape): string[] {
  return [
    printable(`${namespace}/${name}`),
    `reads Service ${printable(service)}: ${manifest.spec.endpoints.map(endpointText).join('; ')}`,
  ];
}

function endpointText({ port, targetPort, path, interval }: ManifestEndpoint): string {
  const named = port === undefined ? `targetPort ${String(targetPort)}` : `port ${port}`;
  return `${named}, ${path} every ${interval}`;
}

/** How a state of coverage is set off. */
export function stateStyle(state: CoverageState, style: Style): (text: string) => string {
  switch (state) {
    case 'uncovered':
    case 'unread':
    case 'duplicated':
      return style.bad;
    case 'unknown':
    case 'silent':
      return style.doubtful;
    case 'covered':
    case 'pushed':
      return style.good;
    case 'opted-out':
      return style.faint;
  }
}

/** How a state of samples is set off. */
export function sampleStyle(state: SampleState, style: Style): (text: string) => string {
  switch (state) {
    case 'none':
    case 'stale':
      return style.bad;
    case 'not-known':
      return style.doubtful;
    case 'sampled':
      return style.good;
  }
}

/** How a severity is set off. */
export function severityStyle(severity: Severity, style: Style): (text: string) => string {
  switch (severity) {
    case 'error':
      return style.bad;
    case 'warning':
      return style.doubtful;
    case 'info':
      return style.faint;
  }
}
