import { describe, expect, test } from '@jest/globals';
import { goVersionIn, pinsOf, readPins } from '../../../tools/pins.ts';

const linux = { platform: 'linux', arch: 'x64' };
const goMod = 'module m\n\ngo 1.26.0\n\nrequire (\n\tk8s.io/kubernetes v1.37.2\n)\n';
const module = { goMod, goSum: '', sources: [] };

describe('pins', () => {
  test('leave service discovery out of promtool, and out of no other', () => {
    const goMod = 'module m\n\ntool github.com/prometheus/prometheus/cmd/promtool\n';
    const tags = (text: string) => pinsOf('/m', { ...module, goMod: text }, linux).tags;
    expect([tags(goMod), tags(goMod.replaceAll('prometheus', 'other'))]).toEqual([
      'remove_all_sd',
      '',
    ]);
  });

  test('tell the linker the version of Kubernetes that go.mod requires', () => {
    expect(pinsOf('/m', module, linux)).toEqual({
      folder: '/m',
      key: expect.stringMatching(/^[0-9a-f]{16}$/),
      tags: '',
      ldflags:
        '-s -w' +
        ' -X k8s.io/component-base/version.gitVersion=v1.37.2' +
        ' -X k8s.io/component-base/version.gitMajor=1' +
        ' -X k8s.io/component-base/version.gitMinor=37' +
        ' -X k8s.io/client-go/pkg/version.gitVersion=v1.37.2' +
        ' -X k8s.io/client-go/pkg/version.gitMajor=1' +
        ' -X k8s.io/client-go/pkg/version.gitMinor=37',
    });
  });

  test('of a module without Kubernetes tell it nothing', () => {
    expect(pinsOf('/m', { ...module, goMod: 'module m\n' }, linux).ldflags).toBe('-s -w');
  });

  test('have another key for other pins, sources or another platform, not for another folder', () => {
    const keys = [
      pinsOf('/m', module, linux),
      pinsOf('/m', { ...module, goMod: goMod.replace('1.37.2', '1.37.3') }, linux),
      pinsOf('/m', { ...module, goSum: 'sum' }, linux),
      pinsOf('/m', { ...module, sources: [['a/main.go', 'package main']] }, linux),
      pinsOf('/m', { ...module, sources: [['b/main.go', 'package main']] }, linux),
      pinsOf('/m', { ...module, sources: [['a/main.go', 'package main // changed']] }, linux),
      pinsOf('/m', module, { platform: 'darwin', arch: 'x64' }),
      pinsOf('/m', module, { platform: 'linux', arch: 'arm64' }),
    ].map(({ key }) => key);
    expect(new Set(keys).size).toBe(8);
    expect(pinsOf('/elsewhere', module, linux).key).toBe(keys[0]);
  });

  test('of this project name a version of Kubernetes', async () => {
    const { pathname } = new URL('../../../tools', import.meta.url);
    expect((await readPins(pathname)).ldflags).toMatch(/gitVersion=v1\.\d+\.\d+/);
  });
});

test('the version of Go is the one that go.mod asks for', () => {
  expect(goVersionIn(goMod)).toBe('1.26.0');
  expect(goVersionIn('module m\n')).toBeUndefined();
});
