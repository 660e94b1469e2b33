import type { BundledPackage } from '../bundled-packages.ts';
import type { Manifest } from '../manifest.ts';

/**
 * The parts of the bundle, and the Node.js that images and executables bring, as a CycloneDX 1.6 document
 * (https://cyclonedx.org/docs/1.6/json/). It has no time and no random number: the same parts give the same text.
 *
 * @param node the version of Node.js, such as `24.1.0`
 */
export function softwareBill(
  manifest: Manifest,
  packages: readonly BundledPackage[],
  node: string,
): string {
  const own = packageUrl(manifest.name, manifest.version);
  const parts = packages.map(({ name, version, license }) => ({
    type: 'library',
    'bom-ref': packageUrl(name, version),
    name,
    version,
    licenses: [{ expression: license }],
    purl: packageUrl(name, version),
  }));
  const platform = {
    type: 'platform',
    'bom-ref': `pkg:generic/node@${node}`,
    name: 'node',
    version: node,
    purl: `pkg:generic/node@${node}`,
  };
  const components = [...parts, platform];
  const bill = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      component: {
        type: 'application',
        'bom-ref': own,
        name: manifest.name,
        version: manifest.version,
        description: manifest.description,
        licenses: [{ expression: manifest.license }],
        purl: own,
        externalReferences: [{ type: 'vcs', url: manifest.repository }],
      },
    },
    components,
    dependencies: [{ ref: own, dependsOn: components.map((part) => part['bom-ref']) }],
  };
  return `${JSON.stringify(bill, undefined, 2)}\n`;
}

/** https://github.com/package-url/purl-spec: of a scope, the `@` is escaped. */
function packageUrl(name: string, version: string): string {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}
