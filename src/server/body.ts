import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { reasonOf } from '../ground/reason.ts';
import type { HttpRefusal } from './errors.ts';
import type { Traffic } from './traffic.ts';

/** How much may be held, in bytes. */
export interface BodyLimits {
  /** Of one request. */
  readonly body: number;
  /** Of all requests that are not read to the end yet. */
  readonly all: number;
}

export interface Body {
  /** What the JSON says. */
  readonly value: unknown;
}

/**
 * Reads a request's body. `done` is called once, and not at all where the caller goes away first. After a refusal the
 * rest of the body is not kept: what becomes of it is up to who sends the refusal.
 *
 * @returns lets go of what was read: to be called once it is not needed any more, or the caller is gone, or both
 */
export function readBody(
  request: IncomingMessage,
  limits: BodyLimits,
  traffic: Traffic,
  done: (outcome: Buffer | HttpRefusal) => void,
): () => void {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > limits.body) {
    done(tooLarge(announced, limits.body));
    return () => {};
  }
  const chunks: Buffer[] = [];
  let size = 0;
  // To take listeners off would cost more than to call them once more.
  let reading = true;
  let held = true;

  const leave = () => {
    reading = false;
    if (held) traffic.buffered -= size;
    held = false;
  };
  const take = (chunk: Buffer) => {
    if (!reading) return;
    size += chunk.length;
    traffic.buffered += chunk.length;
    if (size > limits.body) {
      leave();
      done(tooLarge(size, limits.body));
    } else if (traffic.buffered > limits.all) {
      leave();
      done({ code: 'overloaded', message: 'too many large requests at a time, come again' });
    } else {
      chunks.push(chunk);
    }
  };
  const finish = () => {
    if (!reading) return;
    reading = false;
    const [first] = chunks;
    done(chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, size));
  };
  request.on('data', take).on('end', finish);
  return leave;
}

function tooLarge(found: number, limit: number): HttpRefusal {
  const message = `the body has ${found} bytes or more, expected at most ${limit} (server.bodyLimit)`;
  return { code: 'body-too-large', message };
}

/** What a body says as JSON. */
export function parseBody(bytes: Buffer): Body | HttpRefusal {
  if (bytes.length === 0) return notJson('it is empty');
  if (!isUtf8(bytes)) return notJson('it is not UTF-8');
  if (bytes.length > alwaysSmall && marksIn(bytes) > mostMarks) return tooManyValues;
  if (bytes.length > alwaysShallow && depthOf(bytes) > mostLevels) return tooDeep;
  try {
    return { value: JSON.parse(bytes.toString('utf8')) };
  } catch (error) {
    return notJson(reasonOf(error));
  }
}

function notJson(because: string): HttpRefusal {
  const message = `the body can't be read as JSON: ${because.slice(0, 200)}`;
  return { code: 'not-json', message };
}

/** A body of this size is parsed whatever is in it: at its worst it takes some megabytes. */
const alwaysSmall = 262_144;

/**
 * How many commas and opening brackets a body may have. The densest of real reviews has one in 14 bytes, which makes
 * 520,000 in 7 MiB. A forged one has one in two bytes, and would take half a gigabyte when it is parsed.
 */
const mostMarks = 700_000;

const tooManyValues: HttpRefusal = {
  code: 'too-many-values',
  message: `the body has more than ${mostMarks} values, expected an AdmissionReview`,
};

/** A body of this size is parsed however deep it is: the stack is deep enough for what walks through its values. */
const alwaysShallow = 16_384;

/** Levels of nesting. The deepest objects of Kubernetes, CustomResourceDefinitions, have some dozens. */
const mostLevels = 500;

const tooDeep: HttpRefusal = {
  code: 'too-deep',
  message: `the body is nested deeper than ${mostLevels} levels, expected an AdmissionReview`,
};

/** Returns how deep JSON is nested; what is no JSON may get any number. */
function depthOf(bytes: Buffer): number {
  let depth = 0;
  let deepest = 0;
  let quoted = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === quote) quoted = !quoted;
    else if (quoted) {
      if (byte === backslash) at += 1;
    } else if (byte === brace || byte === bracket) {
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (byte === closingBrace || byte === closingBracket) depth -= 1;
  }
  return deepest;
}

const [quote = 0, backslash = 0, closingBrace = 0, closingBracket = 0] = Buffer.from('"\\}]');
const [comma = 0, brace = 0, bracket = 0] = Buffer.from(',{[');

/** Those within strings are counted too: it is a bound, not a number. */
function marksIn(bytes: Buffer): number {
  let marks = 0;
  for (const byte of bytes) {
    if (byte === comma || byte === brace || byte === bracket) marks += 1;
  }
  return marks;
}
