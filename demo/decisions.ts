import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { builtInCatalogue, recognise, recognitionText } from '../src/catalogue/index.ts';
import { parseObject } from '../src/kubernetes/index.ts';
import type { Autoscrape } from '../test/support/autoscrape.ts';
import type { AnyObject } from '../test/support/objects.ts';
import { waitFor } from './wait.ts';

/** What autoscrape's log says of one admission. */
export type Decision = v.InferOutput<typeof decisionSchema>;

const decisionSchema = v.looseObject({
  kind: v.string(),
  namespace: v.string(),
  name: v.string(),
  /** What the object was recognised as; empty where it was not. */
  component: v.string(),
  /** The kind of evidence that it was recognised by, or why it was not. */
  because: v.string(),
});

/** Autoscrape's line about an object that it was asked about. */
export async function decisionOn(
  { log }: Pick<Autoscrape, 'log'>,
  { kind, metadata }: AnyObject,
  namespace: string,
): Promise<Decision> {
  return waitFor(`${kind} ${metadata.name} in autoscrape's log`, async () =>
    decisionsIn(await readFile(log, 'utf8')).findLast(
      (one) => one.kind === kind && one.namespace === namespace && one.name === metadata.name,
    ),
  );
}

/** The decisions among the lines of a log; the last line may not be whole yet. */
function decisionsIn(log: string): Decision[] {
  return log
    .split('\n')
    .slice(0, -1)
    .filter((line) => line.startsWith('{'))
    .flatMap((line) => {
      const parsed = v.safeParse(decisionSchema, JSON.parse(line));
      return parsed.success ? [parsed.output] : [];
    });
}

/**
 * What a decision says: the component and why. The log names the kind of evidence; the words for it come from the
 * same function that autoscrape decides with.
 */
export function decisionText({ component, because }: Decision, object: AnyObject): string {
  const recognition = recognitionOf(object);
  const why = recognition?.because.kind === because ? recognitionText(recognition) : because;
  return component === '' ? why : `${component}, ${why}`;
}

function recognitionOf(object: AnyObject) {
  const parsed = parseObject(object);
  switch (parsed?.kind) {
    case 'Service':
    case 'StatefulSet':
    case 'Deployment':
      return recognise(parsed, builtInCatalogue(), false);
    default:
      return undefined;
  }
}
