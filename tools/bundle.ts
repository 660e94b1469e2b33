/**
 * Bundles autoscrape with all that it needs into one file, `dist/autoscrape.mjs`, with the licences of what is in it
 * beside it, as `dist/NOTICE`.
 *
 *     npm run build
 */
import { chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeBundle } from './make-bundle.ts';
import { readManifest } from './manifest.ts';
import { noticeText } from './notice.ts';

const folder = fileURLToPath(new URL('../dist', import.meta.url));
const { version, oldestNode } = readManifest();
const [major, minor] = oldestNode;
const { code, packages, files } = await makeBundle();

// All of it stands in one function, as CommonJS. A Node that is too old gets as far as the line that says so: an
// `import` of a module that it lacks would end it before. So would syntax that it can't parse, hence esbuild's target.
// CommonJS takes 7 MB less than the same as a module does. What is imported by `import()` runs when it is.
const text = `#!/usr/bin/env node
import { createRequire } from 'module';
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < ${major} || (major === ${major} && minor < ${minor})) {
  console.error(\`autoscrape ${version} needs Node.js ${major}.${minor} or newer; this is \${process.versions.node} (\${process.execPath})\`);
  process.exit(1);
}
(function (require, module, exports, bundleUrl) {
${code}
})(createRequire(import.meta.url), { exports: {} }, {}, import.meta.url);
`;

await mkdir(folder, { recursive: true });
const made = new Map([
  ['autoscrape.mjs', text],
  ['NOTICE', noticeText(packages)],
]);
for (const [name, content] of made) {
  // Written beside and moved: who runs the old one meanwhile goes on with it.
  const beside = join(folder, `.${name}.${process.pid}`);
  await writeFile(beside, content);
  if (name.endsWith('.mjs')) await chmod(beside, 0o755);
  await rename(beside, join(folder, name));
}
for (const other of await readdir(folder)) {
  if (!made.has(other) && !other.startsWith('.'))
    await rm(join(folder, other), { recursive: true });
}
console.error(
  `dist/autoscrape.mjs: ${Math.round(text.length / 1024)} KiB, from ${files} files, of ${packages.length} packages`,
);
