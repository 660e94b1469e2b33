import { type FieldEdit, type FieldPath, stepsOf } from '../../kubernetes/index.ts';
import type { ObjectRef } from '../finding.ts';
import { clipped } from './found.ts';

/** An edit of the scrape that a finding is about, or of the object that it names. */
export type FoundEdit = FieldEdit & { readonly object?: ObjectRef };

/** What a check says should be done: always as a sentence, and as edits where these say all of it. */
export interface Remedy {
  readonly fix: string;
  /** Ways of which any one is meant to help, the better first. Absent where the fix stays a text. */
  readonly ways?: readonly FoundWay[];
  /** What to find out where no way stands the trial; a sentence is made of the first way where this is absent. */
  readonly otherwise?: string;
}

interface FoundWay {
  readonly text: string;
  readonly edits: readonly FoundEdit[];
}

/** A fix that one way does, all edits together. */
export function oneWay(fix: string, ...edits: readonly FoundEdit[]): Remedy {
  return { fix, ways: [{ text: fix, edits }] };
}

/** Sets a field, by its place from `spec` on: `endpoints[0].port`. */
export function setting(field: string, value: unknown): FoundEdit {
  return { action: 'set', path: inSpec(field), value };
}

/** Adds an item to a list, by its place from `spec` on. */
export function appending(field: string, value: unknown): FoundEdit {
  return { action: 'append', path: inSpec(field), value };
}

/** Takes a field away, by its place from `spec` on. */
export function removing(field: string): FoundEdit {
  return { action: 'remove', path: inSpec(field) };
}

/** Gives a field another name, by its place from `spec` on. */
export function renaming(field: string, to: string): FoundEdit {
  return { action: 'rename', path: inSpec(field), to };
}

function inSpec(field: string): FieldPath {
  return ['spec', ...stepsOf(field)];
}

/** `write key: value` for the field of an endpoint or whatever `field` is, which ends with that key. */
export function writing(field: string, value: string | boolean | number, unit = ''): Remedy {
  const key = field.slice(field.lastIndexOf('.') + 1);
  const shown = typeof value === 'string' ? clipped(value, 130) : String(value);
  return oneWay(`write ${key}: ${shown}${unit}`, setting(field, value));
}

/**
 * Chooses a port of an endpoint.
 *
 * @param field the endpoint, `endpoints[0]`
 * @param instead the field that names the wrong port, and goes
 */
export function choosing(
  field: string,
  key: 'port' | 'targetPort',
  value: string | number,
  instead?: 'port' | 'targetPort',
): Remedy {
  const shown = clipped(String(value), 130);
  const isOther = instead !== undefined && instead !== key;
  const set = setting(`${field}.${key}`, value);
  return isOther
    ? oneWay(
        `write ${key}: ${shown} instead of ${instead}`,
        renaming(`${field}.${instead}`, key),
        set,
      )
    : oneWay(`write ${key}: ${shown}`, set);
}
