import * as v from 'valibot';
import { type ApiResult, type Client, type Resource, resources } from '../cluster/api/index.ts';
import type { CallerAnswer, CallerReviews } from '../server/index.ts';

/** A scrape has 10 s by default, and two questions may be asked in it; who scrapes comes again by itself. */
const callOptions = { timeout: 4_000, retries: 0 };

const tokenReview = v.object({
  status: v.object({
    authenticated: v.optional(v.boolean(), false),
    user: v.optional(
      v.object({
        username: v.optional(v.string(), ''),
        uid: v.optional(v.string(), ''),
        groups: v.optional(v.array(v.string()), []),
        extra: v.optional(v.record(v.string(), v.array(v.string())), {}),
      }),
    ),
  }),
});

const accessReview = v.object({ status: v.object({ allowed: v.boolean() }) });

/**
 * Asks the API server about callers
 * (https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-review-v1/,
 * https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/subject-access-review-v1/).
 *
 * @param clientNow undefined for as long as there is no way to an API server
 */
export function callerReviews(clientNow: () => Client | undefined): CallerReviews {
  const ask = async (
    resource: Resource,
    kind: string,
    spec: object,
  ): Promise<ApiResult<unknown> | undefined> => {
    const body = { apiVersion: `${resource.group}/${resource.version}`, kind, spec };
    return clientNow()?.create(resource, '', body, callOptions);
  };
  return {
    authenticate: async (token) => {
      const answer = await ask(resources.tokenReviews, 'TokenReview', { token });
      return read(answer, tokenReview, ({ status: { authenticated, user } }) =>
        authenticated ? user : undefined,
      );
    },
    authorise: async ({ username, uid, groups, extra }, verb, path) => {
      const spec = { user: username, uid, groups, extra, nonResourceAttributes: { path, verb } };
      const answer = await ask(resources.accessReviews, 'SubjectAccessReview', spec);
      return read(answer, accessReview, ({ status }) => status.allowed);
    },
  };
}

function read<Schema extends v.GenericSchema, T>(
  answer: ApiResult<unknown> | undefined,
  schema: Schema,
  value: (review: v.InferOutput<Schema>) => T,
): CallerAnswer<T> {
  if (answer === undefined) return { ok: false, because: 'there is no way to an API server' };
  if (!answer.ok) return { ok: false, because: answer.error.message };
  const review = v.safeParse(schema, answer.value);
  if (!review.success) return { ok: false, because: 'the API server answered with no review' };
  return { ok: true, value: value(review.output) };
}
