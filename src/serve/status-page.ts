import type { Background } from '../ground/background.ts';
import type { ReadinessCheck } from '../ground/check.ts';
import type { Clock } from '../ground/clock.ts';
import type { PlanContext } from '../planning/index.ts';
import { type PageData, pageHtml, pagePolicy } from '../report/index.ts';
import { type Standing, standing } from '../review/index.ts';
import type { Page } from '../server/index.ts';
import type { LastAdmissions } from './last-admissions.ts';

export interface StatusPageOptions {
  readonly version: string;
  /** What is known of the cluster; undefined while the stores are not filled. */
  readonly planned: () => PlanContext | undefined;
  /** What is still waited for. */
  readonly waiting: () => readonly ReadinessCheck[];
  readonly admissions: Pick<LastAdmissions, 'tell'>;
  readonly clock: Clock;
  /** In whose time the cluster is looked at. */
  readonly background: Background;
  readonly now: () => Date;
}

/** How long a page is served again, in milliseconds, at least, */
const fresh = 1_000;
/** and in durations of the work for it: whoever asks again and again gets 5 % of a processor. */
const rest = 20;

/** What `/status.json` lists of each kind; the rest is counted. */
const mostListed = 10_000;

/**
 * The status page, and the same as JSON. Nothing is done for either unless somebody asks; what is found is kept for a
 * second, and everybody who asks meanwhile waits for the same work.
 */
export function statusPages(options: StatusPageOptions): readonly Page[] {
  const { clock } = options;
  let current: { readonly data: Promise<PageData>; until: number } | undefined;
  const data = (): Promise<PageData> => {
    if (current !== undefined && clock.now() < current.until) return current.data;
    const work = gather(options);
    const made = { data: work.then(({ page }) => page), until: Number.POSITIVE_INFINITY };
    current = made;
    work.then(
      ({ worked }) => {
        made.until = clock.now() + Math.max(fresh, worked * rest);
      },
      () => {
        made.until = 0;
      },
    );
    return made.data;
  };
  const shown = keptFor(data, pageHtml);
  const written = keptFor(data, jsonOf);
  const headers = {
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  };
  return [
    {
      path: '/status',
      contentType: 'text/html; charset=utf-8',
      // A page in a frame could be laid over, so that its buttons are pressed for something else.
      headers: { ...headers, 'Content-Security-Policy': `${pagePolicy}; frame-ancestors 'none'` },
      render: shown,
    },
    { path: '/status.json', contentType: 'application/json', headers, render: written },
  ];
}

/** A text of the data, made once for each. */
function keptFor(
  data: () => Promise<PageData>,
  written: (data: PageData) => string,
): () => Promise<string> {
  let last: { readonly of: PageData; readonly text: string } | undefined;
  return async () => {
    const now = await data();
    if (last?.of !== now) last = { of: now, text: written(now) };
    return last.text;
  };
}

async function gather(
  options: StatusPageOptions,
): Promise<{ readonly page: PageData; readonly worked: number }> {
  const { planned, waiting, admissions, background, version, now } = options;
  const context = planned();
  const { result: found, worked } =
    context === undefined ? nothing : await background.through(standing(context));
  const page: PageData = {
    kind: 'status',
    version,
    madeAt: now(),
    source: 'The cluster as this autoscrape sees it',
    gaps: waiting()
      .filter(({ ok }) => !ok)
      .map(({ name, message }) => ({ message: `${name}: ${message}`, fix: '' })),
    coverage: found.coverage,
    findings: found.findings.map((finding) => ({ ...finding, file: '', line: 0 })),
    missing: found.missing,
    targets: undefined,
    admissions: admissions.tell(),
  };
  return { page, worked };
}

const nothing: { readonly result: Standing; readonly worked: number } = {
  result: { coverage: [], findings: [], missing: [] },
  worked: 0,
};

/** The same data for programs: lists are bounded, `counts` has how many there are. */
function jsonOf(data: PageData): string {
  const { coverage, findings, missing } = data;
  const document = {
    version: data.version,
    madeAt: data.madeAt,
    gaps: data.gaps.map(({ message }) => message),
    counts: { coverage: coverage.length, findings: findings.length, missing: missing.length },
    coverage: coverage.slice(0, mostListed),
    findings: findings
      .slice(0, mostListed)
      .map(({ code, severity, object, field, message, fix }) => ({
        code,
        severity,
        object,
        field,
        message,
        fix,
      })),
    missing: missing
      .slice(0, mostListed)
      .map(({ namespace, name, service, component }) => ({ namespace, name, service, component })),
    admissions: data.admissions,
  };
  return `${JSON.stringify(document)}\n`;
}
