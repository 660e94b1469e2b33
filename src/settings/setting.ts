import * as v from 'valibot';
import { parseDuration } from './duration.ts';

/**
 * How text from the environment or the command line becomes a value: `switch` is true or false, `map` is
 * `key=value,key=value`, the others are written as in the file.
 */
const kinds = ['text', 'number', 'switch', 'duration', 'bytes', 'choice', 'map'] as const;

/** Another environment variable that sets the same thing, as another project has named it. */
const standardVariable = v.object({
  name: v.string(),
  /** How its value is written: as ours, as whole milliseconds, as a map with percent-encoded values, or as a list. */
  form: v.picklist(['as-is', 'milliseconds', 'percent-encoded', 'list']),
});

const about = v.object({
  kind: v.picklist(kinds),
  /** Of a choice what may be chosen. */
  words: v.array(v.string()),
  /** What a right value is, as the end of "expected …". */
  expected: v.string(),
  /** The same of one entry of a map. */
  expectedEntry: v.string(),
  description: v.string(),
  /** The first one that is set counts, after our own variable. */
  standard: v.array(standardVariable),
  /** Names a file or a folder. */
  isPath: v.boolean(),
  /** Never shown, neither in an error nor in a log. */
  secret: v.boolean(),
});

/** What is known of a setting beside its form. */
export type About = v.InferOutput<typeof about>;

interface Extra {
  readonly standard?: About['standard'];
  readonly secret?: boolean;
  readonly isPath?: boolean;
  readonly expectedEntry?: string;
  readonly words?: readonly string[];
}

function described<Value>(
  kind: About['kind'],
  expected: string,
  description: string,
  {
    standard = [],
    secret = false,
    isPath = false,
    expectedEntry = expected,
    words = [],
  }: Extra = {},
): v.MetadataAction<Value, { readonly about: About }> {
  return v.metadata({
    about: {
      kind,
      words: [...words],
      expected,
      expectedEntry,
      description,
      standard,
      isPath,
      secret,
    },
  });
}

/** What {@link described} said of a setting; undefined for a group. */
export function aboutOf(schema: v.GenericSchema): About | undefined {
  const { about: found } = v.getMetadata(schema);
  return found === undefined ? undefined : v.parse(about, found);
}

/** A variable that is written as ours would be. */
export const asIs = (name: string) => ({ name, form: 'as-is' as const });
/** A variable that holds whole milliseconds. */
export const inMilliseconds = (name: string) => ({ name, form: 'milliseconds' as const });
/** A variable that holds one or more of our words, with commas between; of several the one that we list first counts. */
export const inList = (name: string) => ({ name, form: 'list' as const });
/** A variable that holds `key=value` pairs with percent-encoded values. */
export const percentEncoded = (name: string) => ({ name, form: 'percent-encoded' as const });

const line = v.pipe(
  v.string(),
  v.nonEmpty(),
  v.maxLength(4_096),
  // One line: what is written to logs and headers can't break out of its line.
  v.check((value) => !/[\p{Cc}]/u.test(value)),
);

const anyText = 'a text of one line';

/** A text with a default. */
export function text(fallback: string, description: string, extra?: Extra) {
  return v.optional(v.pipe(line, described('text', anyText, description, extra)), fallback);
}

/** A text that `isRight` accepts. */
export function checkedText(
  isRight: (value: string) => boolean,
  expected: string,
  fallback: string,
  description: string,
  extra?: Extra,
) {
  return v.optional(
    v.pipe(line, v.check(isRight), described('text', expected, description, extra)),
    fallback,
  );
}

/** A text that may be left out. */
export function maybeText(description: string, extra?: Extra) {
  return v.optional(v.pipe(line, described('text', anyText, description, extra)));
}

/** An address of an HTTP server, which may be left out. */
export function maybeUrl(description: string, extra?: Extra) {
  const isHttp = (value: string) =>
    URL.canParse(value) && ['http:', 'https:'].includes(new URL(value).protocol);
  return v.optional(
    v.pipe(
      line,
      v.check(isHttp),
      described('text', 'an address that starts with http:// or https://', description, extra),
    ),
  );
}

/** A whole number. */
export function number(least: number, most: number, fallback: number, description: string) {
  return v.optional(
    v.pipe(
      v.number(),
      v.integer(),
      v.minValue(least),
      v.maxValue(most),
      described('number', `a whole number from ${least} to ${most}`, description),
    ),
    fallback,
  );
}

/** True or false. */
export function toggle(fallback: boolean, description: string, extra?: Extra) {
  return v.optional(
    v.pipe(v.boolean(), described('switch', 'true or false', description, extra)),
    fallback,
  );
}

/** A span of time, written as Go does (`10s`), read as milliseconds. */
export function duration(
  least: string,
  most: string,
  fallback: string,
  description: string,
  extra?: Extra,
) {
  const from = parseDuration(least) ?? Number.NaN;
  const to = parseDuration(most) ?? Number.NaN;
  const inRange = (value: string) => {
    const read = parseDuration(value);
    return read !== undefined && read >= from && read <= to;
  };
  return v.optional(
    v.pipe(
      v.string(),
      v.check(inRange),
      v.transform((value) => parseDuration(value) ?? Number.NaN),
      described(
        'duration',
        `a duration from ${least} to ${most}, written like ${fallback}`,
        description,
        extra,
      ),
    ),
    fallback,
  );
}

const byteUnits: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['Ki', 1_024],
  ['Mi', 1_048_576],
  ['Gi', 1_073_741_824],
]);

function parseBytes(value: string): number {
  const [, amount, unit] = /^(\d{1,12})(Ki|Mi|Gi|)$/.exec(value) ?? [];
  return Number(amount) * (byteUnits.get(unit ?? '') ?? Number.NaN);
}

/** An amount of memory, written as Kubernetes quantities are (`7Mi`), read as bytes. */
export function bytes(least: string, most: string, fallback: string, description: string) {
  const inRange = (value: string) => {
    const read = parseBytes(value);
    return read >= parseBytes(least) && read <= parseBytes(most);
  };
  return v.optional(
    v.pipe(
      v.string(),
      v.check(inRange),
      v.transform(parseBytes),
      described('bytes', `a size from ${least} to ${most}, written like ${fallback}`, description),
    ),
    fallback,
  );
}

/** One of a few words. */
export function choice<const Words extends readonly [string, ...string[]]>(
  words: Words,
  fallback: Words[number],
  description: string,
  extra?: Extra & { readonly instead?: string },
) {
  const expected = extra?.instead ?? `one of ${words.join(', ')}`;
  return v.optional(
    v.pipe(v.picklist(words), described('choice', expected, description, { ...extra, words })),
    fallback,
  );
}

const mostOfAMap = 64;

/** Named values, each one of a few words. */
export function choices<const Words extends readonly [string, ...string[]]>(
  words: Words,
  description: string,
) {
  const expectedEntry = `one of ${words.join(', ')}`;
  return v.optional(
    v.pipe(
      v.record(line, v.picklist(words)),
      v.check((value) => Object.keys(value).length <= mostOfAMap),
      described('map', `at most ${mostOfAMap} names, each with ${expectedEntry}`, description, {
        expectedEntry,
      }),
    ),
    {},
  );
}

/** Named texts, each of which `isRight` accepts. */
export function texts(
  isRight: (name: string, value: string) => boolean,
  expectedEntry: string,
  description: string,
  extra?: Extra,
) {
  const expected = `at most ${mostOfAMap} names, each with ${expectedEntry}`;
  return v.optional(
    v.pipe(
      v.record(v.string(), v.string()),
      v.check((value) => Object.keys(value).length <= mostOfAMap),
      v.rawCheck(({ dataset, addIssue }) => {
        if (!dataset.typed) return;
        const input = dataset.value;
        for (const [key, value] of Object.entries(input)) {
          if (isRight(key, value)) continue;
          addIssue({
            input: value,
            path: [{ type: 'object', origin: 'value', input, key, value }],
          });
        }
      }),
      described('map', expected, description, { ...extra, expectedEntry }),
    ),
    {},
  );
}
