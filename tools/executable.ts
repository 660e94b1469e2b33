/**
 * Makes one executable file of autoscrape and Node.js, `release/autoscrape-<platform>-<arch>`, which needs nothing else:
 *
 *     npm run executable [-- --node PATH]
 *
 * It is made of the Node.js that runs this, or of another one of the same version: PATH may be for another platform,
 * which the file's name then has to say (`--platform linux-arm64`).
 *
 * Source: https://nodejs.org/api/single-executable-applications.html
 */
import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { makeBundle } from './make-bundle.ts';
import { noticeText } from './notice.ts';
import { temporaryFolder } from './processes.ts';

const run = promisify(execFile);
const { values } = parseArgs({
  options: {
    node: { type: 'string', default: process.execPath },
    platform: { type: 'string', default: `${process.platform}-${process.arch}` },
    folder: { type: 'string', default: fileURLToPath(new URL('../release', import.meta.url)) },
  },
});

/** Marks where Node.js looks for a program in itself (the page named above). */
const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
const postject = join(
  dirname(createRequire(import.meta.url).resolve('postject/package.json')),
  'dist/cli.js',
);

const { code, packages } = await makeBundle();
// `require` of a single executable has the modules of Node.js, which is all that the bundle asks for.
const program = `(function (require, module, exports, bundleUrl) {
${code}
})(require, { exports: {} }, {}, require('node:url').pathToFileURL(process.execPath).href);
`;

const file = join(values.folder, `autoscrape-${values.platform}`);
const work = await temporaryFolder('executable');
try {
  const at = (name: string) => join(work.path, name);
  await writeFile(at('autoscrape.cjs'), program);
  const configuration = {
    main: at('autoscrape.cjs'),
    output: at('autoscrape.blob'),
    disableExperimentalSEAWarning: true,
    // Compiled code would hold for this platform alone.
    useCodeCache: false,
    useSnapshot: false,
  };
  await writeFile(at('configuration.json'), JSON.stringify(configuration));
  await run(process.execPath, ['--experimental-sea-config', at('configuration.json')]);
  await mkdir(values.folder, { recursive: true });
  const beside = `${file}.${process.pid}`;
  try {
    await copyFile(values.node, beside);
    await chmod(beside, 0o755);
    const into = [beside, 'NODE_SEA_BLOB', at('autoscrape.blob'), '--sentinel-fuse', fuse];
    const macho = values.platform.startsWith('darwin') ? ['--macho-segment-name', 'NODE_SEA'] : [];
    await run(process.execPath, [postject, ...into, ...macho]);
    await rename(beside, file);
  } finally {
    await rm(beside, { force: true });
  }
  await writeFile(join(values.folder, 'NOTICE'), noticeText(packages));
  await copyFile(
    fileURLToPath(new URL('../LICENSE', import.meta.url)),
    join(values.folder, 'LICENSE'),
  );
} finally {
  await work.remove();
}
const { size } = await stat(file);
console.error(`${file}: ${Math.round(size / 1_000_000)} MB`);
