import jsonpatch from 'fast-json-patch';
import * as v from 'valibot';
import { isJson, type Json } from '../src/kubernetes/index.ts';
import { added } from './inputs/services.ts';

const answerSchema = v.object({
  response: v.object({
    uid: v.string(),
    allowed: v.literal(true),
    patch: v.optional(v.string()),
    patchType: v.optional(v.literal('JSONPatch')),
  }),
});

const operationsSchema = v.array(
  v.variant('op', [
    v.object({ op: v.literal('add'), path: v.string(), value: v.unknown() }),
    v.object({ op: v.literal('replace'), path: v.string(), value: v.unknown() }),
  ]),
);

/** The object of a review as an answer leaves it. Throws where the answer is none that admits, or does not apply. */
export function admittedObject(review: Json, answer: string): Json {
  const { request } = review;
  if (!isJson(request) || !isJson(request.object)) throw new Error('the review has no object');
  const { response } = v.parse(answerSchema, JSON.parse(answer));
  if (response.uid !== request.uid) throw new Error(`the answer is for ${response.uid}`);
  if (response.patch === undefined) return request.object;
  const operations = v.parse(
    operationsSchema,
    JSON.parse(Buffer.from(response.patch, 'base64').toString('utf8')),
  );
  const patched: unknown = jsonpatch.applyPatch(
    structuredClone(request.object),
    operations,
    true,
  ).newDocument;
  if (!isJson(patched)) throw new Error('the patch leaves no object');
  return patched;
}

/** What a Service still lacks of what every program is to add to it; empty where nothing. */
export function lacking(service: Json): string[] {
  const labels = isJson(service.metadata) ? service.metadata.labels : undefined;
  const ports = isJson(service.spec) ? service.spec.ports : undefined;
  const missing: string[] = added.labels.filter((label) => !isJson(labels) || !(label in labels));
  const { name, number } = added.port;
  const hasPort =
    Array.isArray(ports) &&
    ports.some((port: unknown) => isJson(port) && port.name === name && port.port === number);
  return hasPort ? missing : [...missing, `port ${name}`];
}
