import { child, type Json } from '../kubernetes/index.ts';
import { isAbsent } from './absent.ts';
import { allowed, denied, patched, withWarnings } from './answers.ts';
import { broken, checked, ignored, mutated, type ReviewDecision, skipped } from './decisions.ts';
import { mutations } from './mutation.ts';
import { type AdmissionRequest, parseReview } from './review.ts';
import type { Route } from './routes.ts';
import { scrapeVerdict } from './scrapes.ts';
import type {
  AdmissionAnswer,
  Admit,
  Answered,
  FindingsOf,
  Pipeline,
  ReviewedWrite,
} from './types.ts';

/**
 * The function that answers the reviews of one webhook. What can be done before the first request is done here.
 *
 * Whatever happens inside, the object is admitted: the only refusal is that of a scrape in `deny` mode.
 *
 * @param findingsOf what is said of scrapes; only the `scrapes` route asks for it
 */
export function admitFor(route: Route, pipeline: Pipeline, findingsOf: FindingsOf): Admit {
  const decide = deciding(route, pipeline, findingsOf);
  return function admit(review, late) {
    const request = parseReview(review);
    if ('complaint' in request) return { kind: 'not-a-review', message: request.complaint };
    try {
      if (late()) return answered(route, request, skipped);
      const decision = decide(request);
      return answered(route, request, late() ? skipped : decision);
    } catch (thrown) {
      return { ...answered(route, request, broken), thrown };
    }
  };
}

/** What is decided about a request for an object that is there, not on its way out, and of a kind of the route. */
function deciding(
  route: Route,
  pipeline: Pipeline,
  findingsOf: FindingsOf,
): (request: AdmissionRequest) => ReviewDecision {
  const kinds = new Set<string>(route.resources.map((resource) => resource.kind));
  const mutate = mutations(pipeline);
  return function decide(request) {
    const { kind, operation, object } = request;
    if (!kinds.has(kind)) return ignored('kind');
    if (operation !== 'CREATE' && operation !== 'UPDATE') return ignored('operation');
    if (request.subResource !== '') return ignored('subresource');
    if (object === undefined) return ignored('no-object');
    if (isDeleting(object)) return ignored('deleting');
    switch (kind) {
      case 'VMServiceScrape':
        return checked(scrapeVerdict(request, object, pipeline.settings, findingsOf));
      case 'Service':
      case 'StatefulSet':
      case 'Deployment': {
        const { namespace, name, oldObject } = request;
        const write: ReviewedWrite = { operation, before: oldObject };
        return mutated(mutate({ kind, object, namespace, name, write, injected: route.injected }));
      }
      case 'other':
        return ignored('kind');
    }
  };
}

function isDeleting(object: Json): boolean {
  const metadata = child(object, 'metadata');
  return metadata !== undefined && !isAbsent(metadata, 'deletionTimestamp');
}

/** A uid has 36 characters; a longer one is forged: it is echoed, but need not fill a log. */
const longestUid = 64;

function answered(route: Route, request: AdmissionRequest, decision: ReviewDecision): Answered {
  const { uid, kind, operation, namespace, name, dryRun } = request;
  const { outcome, because, component, evidence, operations, findings } = decision;
  return {
    kind: 'answered',
    answer: withWarnings(answerOf(uid, decision), decision.warnings),
    record: {
      webhook: route.webhook,
      uid: uid.slice(0, longestUid),
      kind,
      operation,
      namespace,
      name,
      dryRun,
      component,
      outcome,
      because,
      evidence,
      operations,
      findings,
    },
    touched:
      decision.touches && !dryRun && kind !== 'other' && name !== ''
        ? { kind, namespace, name }
        : undefined,
    thrown: undefined,
  };
}

function answerOf(uid: string, { refusal, operations }: ReviewDecision): AdmissionAnswer {
  if (refusal !== '') return denied(uid, refusal);
  return operations.length === 0 ? allowed(uid) : patched(uid, operations);
}
