import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parseAllDocuments, stringify } from 'yaml';
import { isJson } from '../../../src/kubernetes/index.ts';
import type { SourceFile } from '../../../src/manifests/index.ts';
import { metadataSuffices } from '../../../src/manifests/partial.ts';
import { reportOf } from '../../../src/report/index.ts';
import { fixtures, readFolder } from '../../support/objects.ts';
import { fileOf, reviewOf } from '../../support/review.ts';

/** The same file, with every object parsed whole. */
function parsedWhole(file: SourceFile): SourceFile {
  const manifests = file.manifests.map((manifest) => {
    const value: unknown = parseAllDocuments(manifest.document.text)[0]?.toJS();
    return isJson(value) ? { ...manifest, value } : manifest;
  });
  return { ...file, manifests };
}

test('a review reads nothing but the metadata of the kinds of which no more is parsed', async () => {
  const set = await readFolder(join(fixtures, 'operator-today'));
  // What every one of these objects says would matter in an object of a kind that is read.
  const contents = { spec: Object.assign({}, ...set.map(({ spec }) => spec)), data: { key: 'x' } };
  const foreign = [...metadataSuffices].map((one) => {
    const [group = '', kind = ''] = one.split(' ');
    const metadata = { ...set[0]?.metadata, name: kind.toLowerCase() };
    return { ...contents, apiVersion: group === '' ? 'v1' : `${group}/v1`, kind, metadata };
  });
  const file = fileOf([...set, ...foreign].map((one) => stringify(one)).join('---\n'));
  expect(parsedWhole(file)).not.toEqual(file);
  expect(reportOf(reviewOf([file]))).toEqual(reportOf(reviewOf([parsedWhole(file)])));
});
