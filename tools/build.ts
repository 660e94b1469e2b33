import { binaryNames, findBinaries, isBinaryName } from './binaries.ts';
import { messageOf } from './errors.ts';

/** Builds the programs named, or all, and prints where each is: `npm run tools [-- name…]`. */
async function main(args: readonly string[]): Promise<number> {
  const names = args.filter(isBinaryName);
  const unknown = args.filter((name) => !isBinaryName(name));
  if (unknown.length > 0) {
    console.error(`unknown: ${unknown.join(', ')}. Known are: ${binaryNames.join(', ')}`);
    return 2;
  }
  const wanted = names.length > 0 ? names : binaryNames;
  const pathOf = await findBinaries(wanted);
  for (const name of wanted) console.log(`${name}\t${pathOf(name)}`);
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}
