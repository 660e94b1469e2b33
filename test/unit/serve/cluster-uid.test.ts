import { expect, test } from '@jest/globals';
import { type ApiResult, type Client, failure } from '../../../src/cluster/api/index.ts';
import { readClusterUid } from '../../../src/serve/cluster-uid.ts';
import { manualClock } from '../../support/manual-clock.ts';

const away: ApiResult<unknown> = { ok: false, error: failure('unreachable', 'nobody is there') };
const there: ApiResult<unknown> = { ok: true, value: { metadata: { uid: 'the-uid' } } };

/** Reads it from an API server that is away for so many attempts; gives the uid and the attempts that it took. */
async function read(failures: number): Promise<readonly [string | undefined, number]> {
  const clock = manualClock();
  let asked = 0;
  const client: Pick<Client, 'get'> = {
    get: async () => {
      asked += 1;
      return asked > failures ? there : away;
    },
  };
  let result: readonly [string | undefined, number] | undefined;
  void readClusterUid(client, clock).then((uid) => {
    result = [uid, asked];
  });
  while (result === undefined) await clock.advance(1_000);
  return result;
}

test('the uid of the cluster is looked for until the API server is there', async () => {
  expect(await read(0)).toEqual(['the-uid', 1]);
  expect(await read(3)).toEqual(['the-uid', 4]);
});

test('and for ten seconds at most', async () => {
  expect(await read(Number.POSITIVE_INFINITY)).toEqual([undefined, 11]);
});
