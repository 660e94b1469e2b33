import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { type BundledPackage, bundledPackages } from './bundled-packages.ts';
import { type Manifest, readManifest } from './manifest.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What esbuild made of autoscrape. */
export interface Bundle {
  /** The program as CommonJS, in ASCII alone: it takes `require`, `module`, `exports` and `bundleUrl` from around it. */
  readonly code: string;
  /** The packages that have code in it, by name. */
  readonly packages: readonly BundledPackage[];
  /** How many files it was made of. */
  readonly files: number;
}

/** A plugin that puts nothing in the place of a module, but for names that are imported from it. */
function without(filter: RegExp, importer: RegExp, names: readonly string[]): Plugin {
  const namespace = `without ${filter.source}`;
  const contents = names.map((name) => `export const ${name} = undefined;`).join('\n');
  return {
    name: namespace,
    setup: ({ onResolve, onLoad }) => {
      onResolve({ filter }, ({ path, importer: from }) =>
        importer.test(from) ? { path, namespace } : undefined,
      );
      onLoad({ filter: /.*/, namespace }, () => ({ contents }));
    },
  };
}

/**
 * A plugin that runs modules named `*.embedded.ts` now and bundles what they export, as JSON: they read files of the
 * source, which are not there when the bundle runs.
 */
const embedded: Plugin = {
  name: 'embedded',
  setup: ({ onLoad }) => {
    onLoad({ filter: /\.embedded\.ts$/ }, async ({ path }) => {
      const exported: Record<string, unknown> = await import(pathToFileURL(path).href);
      const constants = Object.entries(exported).map(([key, value]) => {
        const json = JSON.stringify(JSON.stringify(value));
        return `export const ${key} = JSON.parse(${json});`;
      });
      return { contents: constants.join('\n') };
    });
  },
};

/** A plugin that runs RE2 when an expression is compiled that needs it: it unpacks Unicode's tables first, and most start without. */
const laterRe2: Plugin = {
  name: 'later re2',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^re2js$/ }, ({ path, kind }) =>
      kind === 'import-statement' ? { path, namespace: 'later' } : undefined,
    );
    onLoad({ filter: /^re2js$/, namespace: 'later' }, () => ({
      contents: `export const RE2JS = {
        get DOTALL() { return require('re2js').RE2JS.DOTALL; },
        compile: (...given) => require('re2js').RE2JS.compile(...given),
      };`,
      resolveDir: root,
    }));
  },
};

const requireHere = createRequire(import.meta.url);

/** Of the Kubernetes client only what reads a kubeconfig is used, and run only where there is one: all of it is 6 MB of text. */
const kubeconfigReader = join(dirname(requireHere.resolve('@kubernetes/client-node')), 'config.js');
const ofKubeconfigReader = /client-node[\\/]dist[\\/]config\.js$/;

/** What nothing here calls. */
const absent = [
  // Parses bodies, for every old encoding there is.
  without(/^body-parser$/, /express[\\/]lib/, []),
  // Makes clients of every API, and sends their requests.
  without(/gen\/index\.js$/, ofKubeconfigReader, ['createConfiguration', 'ServerConfiguration']),
  without(/^undici$/, ofKubeconfigReader, ['Agent', 'ProxyAgent']),
  // The way through a proxy is our own.
  without(/^hpagent$/, ofKubeconfigReader, ['HttpProxyAgent', 'HttpsProxyAgent']),
  without(/^socks$/, ofKubeconfigReader, ['SocksClient']),
  without(/^socks-proxy-agent$/, ofKubeconfigReader, ['SocksProxyAgent']),
];

/** Four packages bring these, each its own copy, which reads its own list when it is loaded: 8 ms for each. */
const mimeTypes = createRequire(requireHere.resolve('express')).resolve('mime-types');
const mimeDatabase = dirname(createRequire(mimeTypes).resolve('mime-db'));

/**
 * Bundles autoscrape with all that it needs.
 *
 * @throws Error when esbuild fails, when a package comes in several versions that must not, or when one asks for a newer
 *   Node.js than `package.json` does
 */
export async function makeBundle(): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(root, 'src/main.ts')],
    absWorkingDir: root,
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'cjs',
    target: 'node14',
    // Node 14.6 has them as the language does: made for an older one each becomes a WeakMap, which every access costs.
    supported: {
      'class-private-accessor': true,
      'class-private-field': true,
      'class-private-method': true,
      'class-private-static-field': true,
      'class-private-static-method': true,
    },
    // Not the identifiers: with short ones Node holds 5 MB more.
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    logLevel: 'warning',
    define: { 'import.meta.url': 'bundleUrl' },
    alias: {
      'mime-types': mimeTypes,
      'mime-db': mimeDatabase,
      '@kubernetes/client-node': kubeconfigReader,
    },
    plugins: [embedded, laterRe2, ...absent],
  });
  const inputs = Object.keys(metafile.inputs);
  assertSingle(inputs);
  const [bundled] = outputFiles;
  if (bundled === undefined) throw new Error('esbuild made nothing');
  const packages = await bundledPackages(root, metafile.outputs);
  assertOldest(packages, readManifest().oldestNode);
  return {
    code: asciiOnly(bundled.text),
    packages,
    files: inputs.length,
  };
}

/**
 * Fails where a package of OpenTelemetry comes in several versions: each copy would be loaded beside the other, which
 * cost 5 MB once. The exporters pin the exact version that `package.json` must ask for.
 */
function assertSingle(inputs: readonly string[]): void {
  const copies = new Map<string, Set<string>>();
  for (const path of inputs) {
    const [, at = '', name] = /^(.*node_modules\/(@opentelemetry\/[^/]+))\//.exec(path) ?? [];
    if (name !== undefined) copies.set(name, (copies.get(name) ?? new Set()).add(at));
  }
  const several = [...copies.values()].filter(({ size }) => size > 1).flatMap((all) => [...all]);
  if (several.length > 0) throw new Error(`bundled in several versions: ${several.join(', ')}`);
}

/** Fails where `package.json` promises an older Node.js than a package of the bundle asks for. */
function assertOldest(packages: readonly BundledPackage[], oldest: Manifest['oldestNode']): void {
  for (const { name, version, node } of packages) {
    if (node === '') continue;
    const wanted = /^>= ?(\d+)(?:\.(\d+))?(?:\.(\d+))?$/.exec(node)?.slice(1);
    if (wanted === undefined)
      throw new Error(`${name} ${version} wants Node.js "${node}": read it`);
    const parts = wanted.map((part = '0') => Number(part));
    const at = parts.findIndex((part, index) => part !== oldest[index]);
    if (at >= 0 && (parts[at] ?? 0) > (oldest[at] ?? 0)) {
      throw new Error(
        `${name} ${version} wants Node.js ${node}, package.json promises ${oldest.join('.')}`,
      );
    }
  }
}

/** One letter that Latin-1 lacks, in some regular expression, and Node would hold the whole text in two bytes a letter. */
function asciiOnly(code: string): string {
  return code.replace(
    /[^\0-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
