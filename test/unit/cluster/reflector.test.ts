import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from '@jest/globals';
import { noClusterInstruments } from '../../../src/cluster/api/index.ts';
import type { Presence } from '../../../src/cluster/api/presence.ts';
import { Reflector } from '../../../src/cluster/watch/reflector.ts';
import type { ReflectorTiming } from '../../../src/cluster/watch/reflector-timing.ts';
import { systemClock } from '../../../src/ground/clock.ts';
import {
  type Asked,
  type Behave,
  event,
  json,
  listed,
  type Misbehaving,
  misbehaving,
  status,
  thingList,
} from '../../support/misbehaving-server.ts';
import { at, eventually } from '../../support/reconciling.ts';

const things = { group: '', version: 'v1', plural: 'things' };
const fast: ReflectorTiming = {
  idle: 10_000,
  lifetime: 60_000,
  firstWait: 5,
  mostWait: 40,
  doubt: 150,
  firstDoubt: 50,
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

/** @param presence what discovery says of the resource, each time it is asked; left out for one that can't be absent */
async function reflect(
  behave: Behave,
  timing: Partial<ReflectorTiming> = {},
  presence?: () => Presence,
): Promise<Running> {
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
    ...(presence === undefined ? {} : { presence: async () => presence() }),
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
        const items = (second ? ['c'] : ['a', 'b']).map((name) => ({
          metadata: { namespace: 'ns', name, resourceVersion: '3' },
        }));
        json(response, 200, thingList('10', items, second ? '' : 'more'));
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
      else json(response, 200, thingList('4', null));
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
          const metadata = { namespace: 'ns', name: `p${pages}`, resourceVersion: '3' };
          json(response, 200, thingList('9', [{ metadata }], pages === 1 ? 'more' : ''));
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

describe('a resource that may be absent', () => {
  const notFound = (response: ServerResponse): void => json(response, 404, status(404, 'NotFound'));
  /** A list of `a`, whose watch ends soon after. */
  const listedOnce = (response: ServerResponse): void => {
    says(event('ADDED', 'a', 1), listed(5))(response);
    setTimeout(() => response.end(), 40);
  };

  test('and never was there is waited for without asking, until a hint comes', async () => {
    let there = false;
    const running = await reflect(
      (_, response) => {
        if (there) says(event('ADDED', 'a', 1), listed(5))(response);
        else notFound(response);
      },
      {},
      () => 'absent',
    );
    await running.reflector.whenSettled();
    expect([running.states, running.reflector.synced]).toEqual([['listing'], false]);
    await running.reflector.whenSynced();
    expect([running.states, running.asked.length]).toEqual([['listing', 'absent'], 2]);
    there = true;
    running.reflector.poke();
    await have(running, 'a@1');
    expect(running.states).toEqual(['listing', 'absent', 'watching']);
  });

  test('takes its objects along once discovery has said twice that it is gone, some time apart', async () => {
    const kept: number[] = [];
    const running = await reflect(watches(listedOnce, notFound), {}, () => {
      kept.push(running.have().length);
      return 'absent';
    });
    await eventually(
      'its absence',
      () => running.states.at(-1),
      (state) => state === 'absent',
    );
    expect([kept, running.have(), running.happened.at(-2)]).toEqual([
      [1, 1],
      [],
      'remove a by a list',
    ]);
    expect(running.waits).toContain(150);
  });

  test.each<[string, Presence[]]>([
    ['does not say', ['unknown']],
    ['says that it is there', ['served']],
    ['says once that it is gone, and then that it is there', ['absent', 'served']],
  ])('keeps its objects where discovery %s', async (_, said) => {
    let asked = 0;
    const running = await reflect(watches(listedOnce, notFound), { doubt: 1 }, () => {
      asked += 1;
      return said[Math.min(asked, said.length) - 1] ?? 'unknown';
    });
    await eventually(
      'five questions',
      () => asked,
      (count) => count >= 5,
    );
    expect([running.have(), running.states]).toEqual([['a@1'], ['listing', 'watching', 'failing']]);
  });

  test('and answers between two answers of discovery is there', async () => {
    const running = await reflect(
      watches(
        listedOnce,
        notFound,
        says(event('ADDED', 'a', 1), event('ADDED', 'b', 7), listed(8)),
      ),
      {},
      () => 'absent',
    );
    await have(running, 'a@1', 'b@7');
    expect(running.happened.filter((one) => one.startsWith('remove'))).toEqual([]);
  });
});

describe('a fault in between', () => {
  const html = '<!doctype html>\n<html><body>Sign in</body></html>\n';
  const otherList = {
    kind: 'WidgetList',
    apiVersion: 'example.org/v1',
    metadata: { resourceVersion: '9' },
    items: [],
  };
  const faults: [string, (response: ServerResponse) => void][] = [
    ['404', (response) => json(response, 404, status(404, 'NotFound'))],
    ['404 in words', (response) => void response.writeHead(404).end('404 page not found')],
    ['403', (response) => json(response, 403, status(403, 'Forbidden'))],
    ['500', (response) => json(response, 500, status(500, 'InternalError'))],
    ['HTML', (response) => void response.writeHead(200).end(html)],
    ['nothing at all', (response) => void response.writeHead(200).end()],
    ['JSON of something else', (response) => json(response, 200, { kind: 'Status', items: [] })],
    ['a list of another group', (response) => json(response, 200, otherList)],
    ['a list without a version', (response) => json(response, 200, thingList('', []))],
    ['a list of what has no name', (response) => json(response, 200, thingList('9', [{}]))],
    ['events of what has no name', saysAndEnds(event('ADDED', '', 1))],
  ];

  for (const roads of ['a watch', 'pages'] as const) {
    test.each(faults)(
      `that answers %s to ${roads} removes nothing, and heals`,
      async (_, fault) => {
        let broken = false;
        let version = 5;
        const running = await reflect((asked, response) => {
          const watching = asked.query.get('watch') === 'true';
          const initial = asked.query.has('sendInitialEvents');
          if (broken) fault(response);
          else if (roads === 'pages' && initial) json(response, 400, status(400, 'BadRequest'));
          else if (!watching) {
            const metadata = { namespace: 'ns', name: 'a', resourceVersion: String(version) };
            json(response, 200, thingList(String(version), [{ metadata }]));
          } else if (initial) says(event('ADDED', 'a', version), listed(version))(response);
          else begin(response);
        });
        await have(running, 'a@5');
        broken = true;
        void running.reflector.refresh();
        const before = running.asked.length;
        await eventually(
          'some attempts',
          () => running.asked.length,
          (count) => count > before + 6,
        );
        const gone = running.happened.filter((one) => one.startsWith('remove'));
        expect([running.have(), gone]).toEqual([['a@5'], []]);
        expect(['failing', 'forbidden']).toContain(running.reflector.state.state);
        broken = false;
        version = 9;
        await have(running, 'a@9');
        await eventually(
          'the watch being in order',
          () => running.reflector.state.state,
          (state) => state === 'watching',
        );
      },
    );
  }
});

describe('a resource', () => {
  test('that may be read after one refusal is waited for', async () => {
    const running = await reflect(
      watches(
        (response) => json(response, 403, status(403, 'Forbidden')),
        says(event('ADDED', 'a', 1), listed(5)),
      ),
    );
    await running.reflector.whenSettled();
    expect([running.reflector.synced, running.have()]).toEqual([true, ['a@1']]);
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
