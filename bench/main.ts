import { bundled } from '../tools/bundled.ts';
import { messageOf } from '../tools/errors.ts';
import { temporaryFolder } from '../tools/processes.ts';
import { readArguments } from './arguments.ts';
import { chooseCores } from './cores.ts';
import { describeMachine } from './machine.ts';
import { measures } from './measures/index.ts';
import { resultText } from './report/text.ts';
import { writeResult } from './report/write.ts';

/**
 * `npm run bench [-- NAME… --quick|--full --only=PROGRAM,…]`: measures, prints, and writes
 * `bench/results/<name>.json` and `.html`.
 *
 * @returns the exit code: 1 where a benchmark could not be run; an aim that is missed is a figure, no failure
 */
async function main(args: readonly string[]): Promise<number> {
  const asked = readArguments(
    args,
    measures.map((measure) => measure.name),
  );
  if (typeof asked === 'string') {
    console.error(asked);
    return 2;
  }
  const { names, length, only } = asked;
  const wanted = measures.filter(({ name }) => names.length === 0 || names.includes(name));
  await bundled();
  let code = 0;
  for (const measure of wanted) {
    const machine = describeMachine(new Date());
    const folder = await temporaryFolder('bench');
    try {
      const cores = await chooseCores();
      const say = (line: string): void => console.error(`${measure.name}: ${line}`);
      const result = await measure.run({ length, cores, folder: folder.path, only, say });
      console.log(resultText(result, machine));
      await writeResult(result, machine, length);
    } catch (error) {
      code = 1;
      console.error(`${measure.name}: ${messageOf(error)}`);
    } finally {
      await folder.remove();
    }
  }
  return code;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}
