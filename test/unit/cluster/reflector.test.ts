import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from '@jest/globals';
import { noClusterInstruments, systemClock } from '../../../src/cluster/index.ts';
import { Reflector, type ReflectorTiming } from '../../../src/cluster/reflector.ts';
import {
  type Asked,
  type Behave,
  event,
  json,
  listed,
  type Misbehaving,
  misbehaving,
  status,
} from '../../support/misbehaving-server.ts';
import { at, eventually } from '../../support/reconciling.ts';

const things = { group: '', version: 'v1', plural: 'things' };
const fast: ReflectorTiming = {
  idle: 10_000,
  lifetime: 60_000,
  firstWait: 5,
  mostWait: 40,
  absentWait: 60_000,
  expecting: 0,
  healthy: 10_000,
  page: 2,
};

/** Milliseconds of silence that are too long. */
const silence = { idle: 1_000 };

let server: Misbehaving | undefined;
let reflector: Reflector | undefined;

afterEach(async () => {
  await reflector?.stop();
  await server?.stop();
});

interface Running {
  readonly reflector: Reflector;
  /** What the sink has: name and version. */
  readonly have: () => string[];
  /** What happened to the sink, in order. */
  readonly happened: string[];
  readonly states: string[];
  readonly asked: readonly Asked[];
  /** Milliseconds that it wanted to wait; it waits 200 at most, but for silence. */
  readonly waits: readonly number[];
}

async function reflect(behave: Behave, timing: Partial<ReflectorTiming> = {}): Promise<Running> {
  server = await misbehaving(behave);
  const have = new Map<string, string>();
  const happened: string[] = [];
  const states: string[] = [];
  const waits: number[] = [];
  const running = new Reflector({
    client: server.client,
    resource: things,
    selection: { labelSelector: 'a=b' },
    sink: {
      put: (object) => {
        const name = String(at(object, 'metadata', 'name'));
        have.set(name, String(at(object, 'metadata', 'resourceVersion')));
        happened.push(`put ${name}`);
      },
      remove: (_, name, version) => {
        have.delete(name);
        happened.push(`remove ${name} ${version ?? 'by a list'}`);
      },
      held: () => [...have.keys()].map((name) => ({ namespace: 'ns', name })),
      get size() {
        return have.size;
      },
      begin: () => happened.push('begin'),
      end: () => happened.push('end'),
    },
    clock: {
      ...systemClock,
      after: (ms, then) => {
        waits.push(ms);
        return systemClock.after(ms > 500 && ms <= 1_000 ? ms : Math.min(ms, 200), then);
      },
    },
    random: () => 0,
    instruments: noClusterInstruments,
    changed: ({ state }) => states.push(state),
    timing: { ...fast, ...timing },
  });
  reflector = running;
  running.start();
  return {
    reflector: running,
    have: () => [...have].map(([name, version]) => `${name}@${version}`).sort(),
    happened,
    states,
    asked: server.asked,
    waits,
  };
}

/** Answers the n-th watch with the n-th of these, and further ones with the last. */
function watches(...answers: ((response: ServerResponse, asked: Asked) => void)[]): Behave {
  let count = 0;
  return (asked, response) => {
    const answer = answers[Math.min(count, answers.length - 1)];
    count += 1;
    answer?.(response, asked);
  };
}

const begin = (response: ServerResponse): void => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
};

const says =
  (...lines: string[]) =>
  (response: ServerResponse): void => {
    begin(response);
    for (const line of lines) response.write(line);
  };

const saysAndEnds =
  (...lines: string[]) =>
  (response: ServerResponse): void => {
    says(...lines)(response);
    response.end();
  };

const have = (running: Running, ...wanted: string[]) =>
  eventually(`having ${wanted.join(' ')}`, running.have, (found) => found.join() === wanted.join());

/** The resource version that each watch was asked from; `list` for a new list. */
const from = ({ asked }: Running): string[] =>
  asked
    .filter(({ query }) => query.get('watch') === 'true')
    .map(({ query }) => query.get('resourceVersion') ?? 'list');

describe('a streaming list', () => {
  test('is asked for as Kubernetes documents it, and becomes the watch', async () => {
    const running = await reflect(
      watches(
        says(
          event('ADDED', 'a', 1),
          event('ADDED', 'b', 2),
          listed(5),
          event('MODIFIED', 'a', 6),
          event('DELETED', 'b', 7),
        ),
      ),
    );
    await have(running, 'a@6');
    expect(running.reflector.synced).toBe(true);
    expect(running.states).toEqual(['listing', 'watching']);
    expect(running.happened).toEqual(['begin', 'put a', 'put b', 'end', 'put a', 'remove b 7']);
    const [{ path, query } = { path: '', query: new URLSearchParams() }] = running.asked;
    expect([path, Object.fromEntries(query)]).toEqual([
      '/api/v1/things',
      {
        watch: 'true',
        labelSelector: 'a=b',
        allowWatchBookmarks: 'true',
        sendInitialEvents: 'true',
        resourceVersionMatch: 'NotOlderThan',
        timeoutSeconds: '60',
      },
    ]);
  });

  test('is not taken for whole before it is: what was cut off is read anew', async () => {
    const running = await reflect(
      watches(
        saysAndEnds(event('ADDED', 'a', 1)),
        says(event('ADDED', 'a', 1), event('ADDED', 'b', 2), listed(5)),
      ),
    );
    await have(running, 'a@1', 'b@2');
    expect([running.reflector.synced, from(running)]).toEqual([true, ['list', 'list']]);
  });

  test('is left for pages where the API server does not know it, and the pages for a watch', async () => {
    const running = await reflect((asked, response) => {
      if (asked.query.has('sendInitialEvents')) {
        json(response, 422, status(422, 'Invalid', 'sendInitialEvents is forbidden'));
      } else if (asked.query.get('watch') === 'true') {
        says(event('MODIFIED', 'c', 11))(response);
      } else {
        const second = asked.query.get('continue') === 'more';
        const names = second ? ['c'] : ['a', 'b'];
        json(response, 200, {
          metadata: { resourceVersion: '10', ...(second ? {} : { continue: 'more' }) },
          items: names.map((name) => ({
            metadata: { namespace: 'ns', name, resourceVersion: '3' },
          })),
        });
      }
    });
    await have(running, 'a@3', 'b@3', 'c@11');
    expect(from(running)).toEqual(['list', '10']);
    const pages = running.asked.filter(({ query }) => query.has('limit'));
    expect(pages.map(({ query }) => [query.get('limit'), query.get('continue')])).toEqual([
      ['2', null],
      ['2', 'more'],
    ]);
  });

  test('is left for pages where it never ends: an API server that ignores what it does not know', async () => {
    const running = await reflect((asked, response) => {
      if (asked.query.has('sendInitialEvents')) says(event('ADDED', 'a', 1))(response);
      else if (asked.query.get('watch') === 'true') begin(response);
      else json(response, 200, { metadata: { resourceVersion: '4' }, items: null });
    }, silence);
    await eventually(
      'a list',
      () => running.reflector.synced,
      (synced) => synced,
    );
    expect(running.have()).toEqual([]);
  });

  test('whose pages expire in the middle begins again', async () => {
    let pages = 0;
    const running = await reflect((asked, response) => {
      if (asked.query.has('sendInitialEvents')) json(response, 400, status(400, 'BadRequest'));
      else if (asked.query.get('watch') === 'true') begin(response);
      else {
        pages += 1;
        if (pages === 2) json(response, 410, status(410, 'Expired'));
        else {
          const next = pages === 1 ? { continue: 'more' } : {};
          const metadata = { namespace: 'ns', name: `p${pages}`, resourceVersion: '3' };
          json(response, 200, {
            metadata: { resourceVersion: '9', ...next },
            items: [{ metadata }],
          });
        }
      }
    });
    await have(running, 'p3@3');
    expect(running.happened).toContain('remove p1 by a list');
  });
});

describe('a watch', () => {
  test('that the API server ends goes on from the last version, bookmarks included', async () => {
    const running = await reflect(
      watches(
        (response) => {
          says(event('ADDED', 'a', 1), listed(5), event('BOOKMARK', '', 8))(response);
          setTimeout(() => response.end(), 40);
        },
        saysAndEnds(event('MODIFIED', 'a', 9)),
        says(event('MODIFIED', 'a', 10)),
      ),
    );
    await have(running, 'a@10');
    expect(from(running)).toEqual(['list', '8', '9']);
    expect(running.states).toEqual(['listing', 'watching']);
  });

  test('that is cut off in the middle of a line loses nothing', async () => {
    const whole = event('MODIFIED', 'a', 9);
    const running = await reflect(
      watches((response) => {
        says(event('ADDED', 'a', 1), listed(5), whole.slice(0, 30))(response);
        setTimeout(() => response.destroy(), 20);
      }, says(whole)),
    );
    await have(running, 'a@9');
    expect(from(running)).toEqual(['list', '5']);
  });

  test('whose lines come in pieces of any size is read', async () => {
    const running = await reflect(
      watches((response) => {
        begin(response);
        const text = Buffer.from(
          `${event('ADDED', 'ä', 1)}\n${listed(5)}${event('ADDED', 'b', 6)}`,
        );
        let at = 0;
        const next = (): void => {
          if (at >= text.length) return;
          response.write(text.subarray(at, at + 3));
          at += 3;
          setImmediate(next);
        };
        next();
      }),
    );
    await have(running, 'b@6', 'ä@1');
  });

  test('that brings what can not be read goes on from before it', async () => {
    const running = await reflect(
      watches(
        says(
          event('ADDED', 'a', 1),
          listed(5),
          '{"type": "MODI',
          'garbage}\n',
          event('ADDED', 'lost', 7),
        ),
        says(event('MODIFIED', 'a', 6), event('ADDED', 'lost', 7)),
      ),
    );
    await have(running, 'a@6', 'lost@7');
    expect(from(running)).toEqual(['list', '5']);
  });

  test('that brings the same unreadable line for ever is given up for a new list', async () => {
    const running = await reflect(
      watches(
        (response) => {
          says(event('ADDED', 'a', 1), listed(5))(response);
          setTimeout(() => response.end(), 20);
        },
        says('garbage\n'),
        says('garbage\n'),
        says('garbage\n'),
        says(event('ADDED', 'a', 20), listed(20)),
      ),
    );
    await have(running, 'a@20');
    expect(from(running)).toEqual(['list', '5', '5', '5', 'list']);
  });

  test('that is silent for too long is stuck, and begun again', async () => {
    const running = await reflect(
      watches(says(event('ADDED', 'a', 1), listed(5)), says(event('MODIFIED', 'a', 6))),
      silence,
    );
    await have(running, 'a@6');
    expect(from(running).slice(0, 2)).toEqual(['list', '5']);
  });

  test.each([
    ['in an event', says(`${JSON.stringify({ type: 'ERROR', object: status(410, 'Expired') })}\n`)],
    ['in the answer', (response: ServerResponse) => json(response, 410, status(410, 'Gone'))],
  ])(
    'whose version is too old, as said %s, begins with a new list, which finds what is gone',
    async (_, tooOld) => {
      const running = await reflect(
        watches(
          (response) => {
            says(event('ADDED', 'a', 1), event('ADDED', 'gone', 2), listed(5))(response);
            setTimeout(() => response.end(), 40);
          },
          tooOld,
          says(event('ADDED', 'a', 11), listed(12)),
        ),
      );
      await have(running, 'a@11');
      expect(from(running)).toEqual(['list', '5', 'list']);
      expect(running.happened.slice(-4)).toEqual([
        'begin',
        'put a',
        'remove gone by a list',
        'end',
      ]);
    },
  );

  test('from a version that the server will never have again is given up for a new list', async () => {
    const future = (response: ServerResponse): void =>
      json(response, 504, status(504, 'Timeout', 'Too large resource version'), {
        'retry-after': '0',
      });
    const running = await reflect(
      watches(
        (response) => {
          says(event('ADDED', 'a', 900), listed(900))(response);
          setTimeout(() => response.end(), 40);
        },
        future,
        future,
        future,
        says(event('ADDED', 'a', 100), listed(100)),
      ),
    );
    await have(running, 'a@100');
    expect(from(running)).toEqual(['list', '900', '900', '900', 'list']);
  });

  test('of a server that is busy waits as long as it is told to', async () => {
    const running = await reflect(
      watches(
        (response) => json(response, 429, status(429, 'TooManyRequests'), { 'retry-after': '7' }),
        says(event('ADDED', 'a', 1), listed(5)),
      ),
    );
    await have(running, 'a@1');
    expect(running.waits).toContain(7_000);
  });

  test('of a server that is away is tried again and again, and says so once', async () => {
    let away = true;
    const running = await reflect((_, response) => {
      if (away) response.destroy();
      else says(event('ADDED', 'a', 1), listed(5))(response);
    });
    await eventually(
      'ten attempts',
      () => running.asked.length,
      (count) => count >= 10,
    );
    away = false;
    await have(running, 'a@1');
    expect(running.states).toEqual(['listing', 'failing', 'watching']);
  });
});

describe('a resource', () => {
  test('that is absent is waited for without asking, until a hint comes', async () => {
    let there = false;
    const running = await reflect((_, response) => {
      if (there) says(event('ADDED', 'a', 1), listed(5))(response);
      else json(response, 404, status(404, 'NotFound'));
    });
    await running.reflector.whenSettled();
    expect([running.states, running.asked.length, running.reflector.synced]).toEqual([
      ['listing', 'absent'],
      1,
      true,
    ]);
    there = true;
    running.reflector.poke();
    await have(running, 'a@1');
    expect(running.states).toEqual(['listing', 'absent', 'watching']);
  });

  test('that goes takes its objects along', async () => {
    const running = await reflect(
      watches(
        (response) => {
          says(event('ADDED', 'a', 1), listed(5))(response);
          setTimeout(() => response.end(), 40);
        },
        (response) => json(response, 404, status(404, 'NotFound')),
      ),
    );
    await eventually(
      'its absence',
      () => running.states.at(-1),
      (state) => state === 'absent',
    );
    expect([running.have(), running.happened.at(-2)]).toEqual([[], 'remove a by a list']);
  });

  test('that may not be read is no reason to wait for it', async () => {
    const running = await reflect((_, response) => json(response, 403, status(403, 'Forbidden')));
    await running.reflector.whenSettled();
    expect([running.reflector.synced, running.states]).toEqual([false, ['listing', 'forbidden']]);
  });
});

test('a refresh reads a list that began after it was asked for', async () => {
  let version = 5;
  const running = await reflect((_, response) =>
    says(event('ADDED', 'a', version), listed(version))(response),
  );
  await have(running, 'a@5');
  version = 9;
  await running.reflector.refresh();
  expect([running.have(), from(running)]).toEqual([['a@9'], ['list', 'list']]);
});

test('a withdrawal removes what the watch had brought', async () => {
  const running = await reflect(watches(says(event('ADDED', 'a', 1), listed(5))));
  await have(running, 'a@1');
  await running.reflector.withdraw();
  expect([running.have(), running.states.at(-1)]).toEqual([[], 'stopped']);
});

test('a list of many objects leaves the event loop to others', async () => {
  const labels = Object.fromEntries(
    Array.from({ length: 60 }, (_, index) => [`label${index}`, 'x'.repeat(20)]),
  );
  const lines = Array.from({ length: 8_000 }, (_, index) =>
    event('ADDED', `n${index}`, 1, { labels }),
  ).join('');
  const running = await reflect(watches(says(lines, listed(5))), { idle: 10_000 });
  let turns = 0;
  while (!running.reflector.synced) {
    await new Promise((resolve) => setImmediate(resolve));
    turns += 1;
  }
  expect(running.reflector.size).toBe(8_000);
  // Each turn reads for three milliseconds at most: in a few, it would have been read in large pieces.
  expect(turns).toBeGreaterThan(10);
});
