import { controllerOf, type Service } from '../kubernetes/index.ts';
import type { Action, Outcome } from './decide.ts';

/** What is told of a Service as an Event: a stable reason and a sentence. */
export interface Announcement {
  readonly type: 'Normal' | 'Warning';
  readonly reason:
    | 'ScrapeCreated'
    | 'ScrapeUpdated'
    | 'ScrapeRemoved'
    | 'ScrapeHandedOver'
    | 'ScrapeNotPossible'
    | 'ScrapeUnstable';
  readonly note: string;
}

/** The outcome in one sentence without a full stop. */
export function outcomeText(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'scraped':
      return `scraped by VMServiceScrape ${outcome.scrape}`;
    case 'handed-over':
      return `${outcome.of} ${outcome.namespace}/${outcome.scrape} reads it, which is not of autoscrape`;
    case 'undecided':
      return outcome.because;
    case 'elsewhere':
      return `Service ${outcome.service}, in front of the same pods, has the scrape`;
    case 'impossible':
      return outcome.reason;
    case 'not-scraped':
      return whyNot[outcome.why];
    case 'not-recognised':
      return 'it is not recognised as a component';
    case 'gone':
      return 'the Service is gone';
  }
}

const whyNot = {
  pushed: 'it sends its metrics by OTLP',
  silent: 'it exposes no metrics as it is configured',
  'opted-out': 'it has opted out',
  'not-claimed': 'nothing shows that its pods have the metrics port',
} as const;

/** Why a write is wanted: what contends where a Service is unstable. Equal for equal reasons. */
export function causeText(
  action: Action,
  outcome: Outcome,
  service: Service | undefined,
  other: string,
): string {
  if (action.do === 'remove') return outcomeText(outcome);
  const owner = service === undefined ? undefined : controllerOf(service);
  const whose = owner === undefined ? '' : ` of ${owner.kind}/${owner.name}`;
  const what = `it is ${action.wanted.component}${whose}`;
  if (action.over === undefined) return `${what}, and its scrape is not there`;
  if (action.difference === 'metadata.ownerReferences') {
    const [wanted] = action.wanted.manifest.metadata.ownerReferences;
    const again = action.over.owners.some(
      ({ kind, name, uid }) => kind === wanted?.kind && name === wanted.name && uid !== wanted.uid,
    );
    if (again) return `${what}, and its ${wanted?.kind} was made again`;
  }
  const who = other === '' ? '' : `, last written by ${other}`;
  return `${what}, and ${action.difference} of its scrape differs${who}`;
}

/** What is told after a write; undefined for what needs no telling. */
export function writeAnnouncement(action: Action, outcome: Outcome): Announcement | undefined {
  if (action.do === 'apply') {
    const { name, component } = action.wanted;
    if (action.over === undefined) {
      return {
        type: 'Normal',
        reason: 'ScrapeCreated',
        note: `VMServiceScrape ${name} makes the metrics of ${component} be read`,
      };
    }
    return {
      type: 'Normal',
      reason: 'ScrapeUpdated',
      note: `VMServiceScrape ${name} was put right: ${action.difference}`,
    };
  }
  // Told once, whether or not there was a scrape of ours before.
  if (outcome.kind === 'handed-over') return outcomeAnnouncement(outcome);
  const note = `VMServiceScrape ${action.scrape.name} was removed: ${outcomeText(outcome)}`;
  return { type: 'Normal', reason: 'ScrapeRemoved', note };
}

/** What is told of an outcome that is new; undefined for one that its writes tell, or that needs no telling. */
export function outcomeAnnouncement(outcome: Outcome): Announcement | undefined {
  switch (outcome.kind) {
    case 'impossible':
      return {
        type: 'Warning',
        reason: 'ScrapeNotPossible',
        note: `no VMServiceScrape is made: ${outcome.reason}`,
      };
    case 'handed-over':
      return {
        type: 'Normal',
        reason: 'ScrapeHandedOver',
        note: `left to ${outcome.of} ${outcome.namespace}/${outcome.scrape}, which reads it and is not of autoscrape`,
      };
    default:
      return undefined;
  }
}

/** What is told when a Service is found to be unstable. */
export function unstableAnnouncement(causes: readonly string[]): Announcement {
  return {
    type: 'Warning',
    reason: 'ScrapeUnstable',
    note: `its scrape keeps changing, and follows slowly from now on: ${causes.join('; then ')}`,
  };
}
