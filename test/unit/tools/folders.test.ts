import { expect, test } from '@jest/globals';
import { cacheFolder } from '../../../tools/folders.ts';

test.each([
  ['linux', {}, '/home/u/.cache/autoscrape'],
  ['darwin', {}, '/home/u/Library/Caches/autoscrape'],
  ['darwin', { XDG_CACHE_HOME: '/var/c' }, '/var/c/autoscrape'],
  ['linux', { XDG_CACHE_HOME: '/var/c' }, '/var/c/autoscrape'],
  ['linux', { XDG_CACHE_HOME: 'relative' }, '/home/u/.cache/autoscrape'],
  ['linux', { XDG_CACHE_HOME: '' }, '/home/u/.cache/autoscrape'],
])('the cache on %s with %j is %s', (platform, env, folder) => {
  expect(cacheFolder({ platform, env, home: '/home/u' })).toBe(folder);
});
