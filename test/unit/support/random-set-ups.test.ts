import { describe, expect, test } from '@jest/globals';
import { parsePod, parseScrape, parseService } from '../../../src/kubernetes/index.ts';
import { relabelActions } from '../../../src/reading/relabel.ts';
import { dice } from '../../support/random/dice.ts';
import { links } from '../../support/random/links.ts';
import { ruleFeatures } from '../../support/random/rules.ts';
import { histogram, histogramOf, randomSetUp, randomSetUps } from '../../support/random-set-ups.ts';

describe('random set-ups', () => {
  const setUps = randomSetUps(7, 500);

  test('are the same for the same seed, each also alone, and others for another', () => {
    expect(randomSetUps(7, 500)).toEqual(setUps);
    expect(randomSetUp(7, 321)).toEqual(setUps[321]);
    expect(randomSetUp(8, 321)).not.toEqual(setUps[321]);
  });

  test('have a broken link in three of ten at least, and each link in some', () => {
    const broken = setUps.flatMap((setUp) => setUp.broken ?? []);
    expect(broken.length).toBeGreaterThan(150);
    expect([...new Set(broken)].sort()).toEqual([...links].sort());
  });

  test('have each feature at least 20 times in 500, links apart', () => {
    const counts = histogramOf(setUps);
    const rare = [...counts].filter(([name, count]) => !name.startsWith('broken-') && count < 20);
    expect(rare).toEqual([]);
    expect(ruleFeatures.filter((name) => !counts.has(name))).toEqual([]);
    expect(histogram(setUps).split('\n')).toHaveLength(counts.size);
  });

  test('have rules of every action that vmagent knows', () => {
    const text = JSON.stringify(setUps.map(({ scrapes, agents }) => [scrapes, agents]));
    // A rule that names none replaces.
    const named = relabelActions.filter((action) => action !== 'replace');
    expect(named.filter((action) => !text.includes(`"action":"${action}"`))).toEqual([]);
  });

  test('have objects that are what they are meant to be, and no address twice', () => {
    for (const { pods, services, scrapes, agents, namespaces } of setUps) {
      const places = new Set(namespaces.map(({ metadata }) => metadata.name));
      const parsed = [
        ...pods.map(parsePod),
        ...services.map(parseService),
        ...scrapes.map(parseScrape),
      ];
      expect(parsed.every((one) => places.has(one?.namespace ?? ''))).toBe(true);
      expect(agents.every(({ metadata }) => places.has(metadata.namespace ?? ''))).toBe(true);
      const addresses = pods.map((pod) => parsePod(pod)?.ip ?? '').filter((ip) => ip !== '');
      expect(addresses.every((ip) => /^198\.51\.100\.\d+$/.test(ip))).toBe(true);
      expect(new Set(addresses).size).toBe(addresses.length);
    }
  });
});

describe('dice', () => {
  test('choose by weight, never what has none, and note what came up', () => {
    const roll = dice(1);
    const chosen = Array.from({ length: 1_000 }, () =>
      roll.choose('way', [
        ['often', 3, 'often'],
        ['never', 0, 'never'],
        ['seldom', 1, 'seldom'],
      ]),
    );
    const often = chosen.filter((one) => one === 'often').length;
    expect({ some: often > 650 && often < 850, features: [...roll.features].sort() }).toEqual({
      some: true,
      features: ['way-often', 'way-seldom'],
    });
  });

  test('are even, and do not follow each other for seeds that are near', () => {
    const firsts = Array.from({ length: 10_000 }, (_, index) => dice(3, index).below(10));
    const counts = Array.from(
      { length: 10 },
      (_, value) => firsts.filter((first) => first === value).length,
    );
    expect(counts.every((count) => count > 900 && count < 1_100)).toBe(true);
    const repeated = firsts.filter((first, index) => first === firsts[index + 1]).length;
    expect(repeated).toBeLessThan(1_200);
  });
});
