import { describe, expect, test } from '@jest/globals';
import { noLog } from '../../../src/ground/log.ts';
import { type Removal, Removals, type RemovalsOptions } from '../../../src/reconciler/removals.ts';
import { manualClock } from '../../support/manual-clock.ts';

const timing = {
  gather: 500,
  mostGather: 10_000,
  window: 60_000,
  apart: 5_000,
  valid: 60_000,
  fresh: 60_000,
};

/** Removals of a reconciler with 100 scrapes, of which five may go at once, long after its start. */
function removing(more: Partial<RemovalsOptions> = {}) {
  const clock = manualClock();
  const lines: [string, object][] = [];
  const counted: string[] = [];
  const again: string[] = [];
  /** Services of which a second list does not say what the first did. */
  const healed = new Set<string>();
  let lists = 0;
  const line = (fields: object, message: string): void => {
    lines.push([message, fields]);
  };
  const removals = new Removals({
    clock,
    log: { ...noLog, info: line, warn: line },
    instruments: {
      doubted: (because, scrapes) => counted.push(`${scrapes} ${because}`),
      judged: (outcome, scrapes) => counted.push(`${scrapes} ${outcome}`),
    },
    limits: () => ({ atOnce: 5, share: 25 }),
    total: () => 100,
    busy: () => false,
    relist: async () => {
      lists += 1;
      return true;
    },
    isStillWanted: (key) => !healed.has(key),
    again: (key) => again.push(key),
    timing,
    ...more,
  });
  return { removals, clock, lines, counted, again, healed, lists: () => lists };
}

const removal = (index: number, more: Partial<Removal> = {}): Removal => ({
  key: `ns/s${index}`,
  scrape: { uid: `u${index}` },
  because: 'it has opted out',
  unseen: false,
  ...more,
});

const several = (count: number, first = 0): Removal[] =>
  Array.from({ length: count }, (_, index) => removal(first + index));

type Removing = ReturnType<typeof removing>;

/** The Services whose scrape may go now, as a pass over them asks. */
const allowed = ({ removals }: Removing, all: readonly Removal[]): string[] =>
  all.flatMap((one) => (removals.ask(one) === 'goes' ? [one.key] : []));

/** A start an hour ago: its first list is no matter any more. */
async function settled(more: Partial<RemovalsOptions> = {}): Promise<Removing> {
  const made = removing(more);
  made.removals.started();
  await made.clock.advance(3_600_000);
  return made;
}

describe('a few removals', () => {
  test('go as soon as they have been counted, without a word', async () => {
    const made = await settled();
    const few = several(5);
    expect(few.map((one) => made.removals.ask(one))).toEqual(few.map(() => 'held'));
    expect(few.map((one) => made.removals.ask(one))).toEqual(few.map(() => 'waits'));
    await made.clock.advance(500);
    expect(made.again).toEqual(few.map(({ key }) => key));
    expect(allowed(made, few)).toEqual(made.again);
    expect([made.lines, made.counted, made.lists()]).toEqual([[], [], 0]);
  });

  test('and then some more within a minute are many', async () => {
    const made = await settled();
    allowed(made, several(3));
    await made.clock.advance(30_000);
    allowed(made, several(3, 3));
    await made.clock.advance(1_000);
    expect(made.counted).toEqual(['3 many']);
  });

  test('and then some more after a minute are a few again', async () => {
    const made = await settled();
    allowed(made, several(5));
    await made.clock.advance(61_000);
    allowed(made, several(5, 5));
    await made.clock.advance(1_000);
    expect([made.counted, made.again.length]).toEqual([[], 10]);
  });

  test.each([
    ['a share of few scrapes', 8, 2],
    ['one, of hardly any', 2, 1],
    ['a number, of very many', 10_000, 5],
  ])('are %s', async (_, total, most) => {
    const few = await settled({ total: () => total });
    allowed(few, several(most));
    await few.clock.advance(500);
    const many = await settled({ total: () => total });
    allowed(many, several(most + 1));
    await many.clock.advance(500);
    expect([few.counted, many.counted]).toEqual([[], [`${most + 1} many`]]);
  });

  test('are counted only when no Service waits to be looked at, or after ten seconds', async () => {
    let busy = true;
    const made = await settled({ busy: () => busy });
    allowed(made, several(3));
    await made.clock.advance(5_000);
    expect(made.again).toEqual([]);
    allowed(made, several(3, 3));
    busy = false;
    await made.clock.advance(500);
    expect(made.counted).toEqual(['6 many']);

    const endless = await settled({ busy: () => true });
    allowed(endless, several(3));
    await endless.clock.advance(10_000);
    expect(endless.again).toHaveLength(3);
  });
});

describe('many removals', () => {
  test('wait for a second list, and then those go that are still to go: two lines in all', async () => {
    const made = await settled();
    const many = [...several(40), ...several(3, 40).map((one) => ({ ...one, because: 'gone' }))];
    allowed(made, many);
    await made.clock.advance(500);
    expect(made.removals.doubted).toEqual({
      waiting: 43,
      text: '43 of 100 scrapes are to be removed once a second list agrees (it is being read): 40 × it has opted out; 3 × gone',
    });
    await made.clock.advance(4_999);
    expect([allowed(made, many), made.lists()]).toEqual([[], 0]);
    made.healed.add('ns/s0');
    await made.clock.advance(1);
    expect([made.lists(), allowed(made, many).length]).toEqual([1, 42]);
    expect([made.removals.isTold('u1'), made.removals.doubted.waiting]).toEqual([true, 0]);
    expect(made.lines).toEqual([
      [
        'many scrapes are to be removed at once: they stay until a second list agrees',
        {
          scrapes: 43,
          of: 100,
          because: ['40 × it has opted out', '3 × gone'],
          services: ['ns/s0', 'ns/s1', 'ns/s2'],
        },
      ],
      [
        'a second list agrees: scrapes are removed',
        { scrapes: 42, kept: 1, because: ['39 × it has opted out', '3 × gone'] },
      ],
    ]);
    expect(made.counted).toEqual(['43 many', '42 removed', '1 kept']);
  });

  test('that a second list does not agree to stay, and one line says so', async () => {
    const made = await settled();
    const many = several(10);
    allowed(made, many);
    await made.clock.advance(500);
    for (const { key } of many) made.healed.add(key);
    await made.clock.advance(5_000);
    expect([made.again, made.counted]).toEqual([[], ['10 many', '0 removed', '10 kept']]);
    expect(made.lines.at(-1)?.[0]).toBe('a second list does not agree: no scrape is removed');
  });

  test('of Services that want none any more before that need no list', async () => {
    const made = await settled();
    const many = several(10);
    allowed(made, many);
    await made.clock.advance(500);
    for (const { key } of many) made.removals.drop(key);
    await made.clock.advance(5_000);
    expect([made.lists(), made.counted]).toEqual([0, ['10 many', '0 removed', '10 kept']]);
  });

  test('wait as long as no list comes, and one line says so', async () => {
    let whole = false;
    const made = await settled({ relist: async () => whole });
    const many = several(10);
    allowed(made, many);
    await made.clock.advance(600_000);
    expect(allowed(made, many)).toEqual([]);
    expect(made.removals.doubted.text).toContain('(one could not be read yet)');
    expect(made.lines.map(([message]) => message)).toEqual([
      'many scrapes are to be removed at once: they stay until a second list agrees',
      'a second list could not be read: the scrapes stay',
    ]);
    whole = true;
    await made.clock.advance(5_000);
    expect(allowed(made, many)).toHaveLength(10);
  });

  test('are not decided by a list that took long to come', async () => {
    const made = await settled({
      relist: () => new Promise((resolve) => made.clock.after(40_000, () => resolve(true))),
    });
    const many = several(10);
    allowed(made, many);
    await made.clock.advance(60_000);
    expect(allowed(made, many)).toEqual([]);
  });

  test('are decided within a minute of the second list: later, they are doubted anew', async () => {
    const made = await settled();
    const many = several(10);
    allowed(made, many);
    await made.clock.advance(5_500);
    await made.clock.advance(59_999);
    expect(allowed(made, many)).toHaveLength(10);
    await made.clock.advance(1);
    expect(allowed(made, many)).toEqual([]);
    await made.clock.advance(500);
    expect(made.counted).toEqual(['10 many', '10 removed', '0 kept', '10 many']);
  });

  test('that were let go, and then are not wanted any more, are doubted anew the next time', async () => {
    const made = await settled();
    const many = several(10);
    allowed(made, many);
    await made.clock.advance(5_500);
    for (const { key } of many) made.removals.drop(key);
    expect(allowed(made, many)).toEqual([]);
    await made.clock.advance(500);
    expect(made.counted.at(-1)).toBe('10 many');
  });

  test('that come while a list is read wait for another one', async () => {
    const made = await settled();
    allowed(made, several(10));
    await made.clock.advance(500);
    const later = several(10, 10);
    allowed(made, later);
    await made.clock.advance(5_000);
    expect([made.lists(), allowed(made, later)]).toEqual([1, []]);
    await made.clock.advance(6_000);
    expect([made.lists(), allowed(made, later).length]).toEqual([2, 10]);
  });

  test('that follow from a change on purpose say so in their line', async () => {
    const made = await settled();
    made.removals.follows('the settings have changed');
    allowed(made, several(10));
    await made.clock.advance(500);
    expect(made.lines[0]?.[1]).toMatchObject({ after: 'the settings have changed' });
  });

  test('are forgotten where somebody else writes from now on', async () => {
    const made = await settled();
    allowed(made, several(10));
    await made.clock.advance(500);
    made.removals.clear();
    await made.clock.advance(60_000);
    expect([made.lists(), made.again, made.removals.idle, made.clock.pending()]).toEqual([
      0,
      [],
      true,
      0,
    ]);
  });
});

describe('one removal', () => {
  test('right after the start waits for a second list; later ones do not', async () => {
    const made = removing();
    made.removals.started();
    allowed(made, several(1));
    await made.clock.advance(5_499);
    expect(allowed(made, several(1))).toEqual([]);
    await made.clock.advance(1);
    expect(allowed(made, several(1))).toEqual(['ns/s0']);
    allowed(made, several(1, 1));
    await made.clock.advance(500);
    expect([made.counted, made.lists()]).toEqual([['1 restart', '1 removed', '0 kept'], 1]);
    expect(made.again).toEqual(['ns/s0', 'ns/s1']);
  });

  test('of a Service whose deletion nobody saw waits for a second list', async () => {
    const made = await settled();
    allowed(made, [removal(0, { unseen: true })]);
    await made.clock.advance(500);
    expect([made.again, made.counted]).toEqual([[], ['1 unseen']]);
    await made.clock.advance(5_000);
    expect(made.again).toEqual(['ns/s0']);
  });
});
