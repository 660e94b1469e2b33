import * as v from 'valibot';
import type { Client } from './client.ts';
import { resources } from './resources.ts';

/** An owner reference (meta/v1) in an object's own namespace. */
export interface OwningAccount {
  readonly apiVersion: 'v1';
  readonly kind: 'ServiceAccount';
  readonly name: string;
  readonly uid: string;
}

const reviewSchema = v.object({
  status: v.object({
    userInfo: v.object({ username: v.string(), uid: v.optional(v.string(), '') }),
  }),
});

/** Nothing waits long for it: what is made without an owner works as well. */
const limits = { timeout: 2_000, retries: 0 };

/**
 * The ServiceAccount that we are, as the owner of what we keep beside it: the garbage collector removes that when
 * the account goes, so that a removal leaves nothing behind
 * (https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/self-subject-review-v1/, which
 * everybody may ask).
 *
 * @returns none where we are no ServiceAccount of this namespace, or the API server doesn't say
 */
export async function owningAccount(client: Client, namespace: string): Promise<OwningAccount[]> {
  const { group, version } = resources.selfReviews;
  const review = { apiVersion: `${group}/${version}`, kind: 'SelfSubjectReview' };
  const answer = await client.create(resources.selfReviews, '', review, limits);
  if (!answer.ok) return [];
  const read = v.safeParse(reviewSchema, answer.value);
  if (!read.success) return [];
  const { username, uid } = read.output.status.userInfo;
  const prefix = `system:serviceaccount:${namespace}:`;
  if (!username.startsWith(prefix) || uid === '') return [];
  return [{ apiVersion: 'v1', kind: 'ServiceAccount', name: username.slice(prefix.length), uid }];
}
