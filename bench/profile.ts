import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { findBinaries } from '../tools/binaries.ts';
import { temporaryFolder } from '../tools/processes.ts';
import { chooseCores } from './cores.ts';
import { bareReviews } from './inputs/reviews.ts';
import { load } from './load.ts';
import { webhooks } from './programs/all.ts';
import { surroundings } from './surroundings.ts';

const profileSchema = v.object({
  nodes: v.array(
    v.object({
      id: v.number(),
      callFrame: v.object({ functionName: v.string(), url: v.string(), lineNumber: v.number() }),
      children: v.optional(v.array(v.number()), []),
    }),
  ),
  samples: v.array(v.number()),
  timeDeltas: v.array(v.number()),
});

type Profile = v.InferOutput<typeof profileSchema>;

/**
 * `npm exec -- node bench/profile.ts [autoscrape|floor]`: loads a program and prints where V8's profiler saw it, a
 * request: time in a function itself and with what it calls, in microseconds.
 */
async function main(name = 'autoscrape'): Promise<void> {
  const webhook = webhooks.find((one) => one.name === name);
  if (webhook === undefined) throw new Error(`no program ${name}`);
  const cores = await chooseCores();
  const folder = await temporaryFolder('profile');
  await using around = await surroundings({ folder: folder.path, cores });
  const profiles = join(folder.path, 'profiles');
  const pathOf = await findBinaries(['loadgen']);
  const { folder: bodies } = await bareReviews(folder.path);
  const nodeFlags = ['--cpu-prof', '--cpu-prof-interval=500', `--cpu-prof-dir=${profiles}`];
  const program = await webhook.start({ ...around, nodeFlags });
  const { requests } = await load({
    generator: pathOf('loadgen'),
    address: `127.0.0.1:${program.port}`,
    path: program.path,
    bodies,
    connections: 8,
    rate: 0,
    seconds: 8,
    cores: cores.others,
  });
  await program.stop();
  for (const file of await readdir(profiles)) {
    const profile = v.parse(
      profileSchema,
      JSON.parse(await readFile(join(profiles, file), 'utf8')),
    );
    console.log(`${name}: ${requests} requests`);
    console.log(profileText(profile, requests));
  }
  await folder.remove();
}

/** The functions with the most time, by themselves and with their callees. */
export function profileText({ nodes, samples, timeDeltas }: Profile, requests: number): string {
  const selfOf = new Map<number, number>();
  samples.forEach((id, index) => {
    selfOf.set(id, (selfOf.get(id) ?? 0) + (timeDeltas[index] ?? 0));
  });
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const self = new Map<string, number>();
  const total = new Map<string, number>();
  const visit = (id: number, above: ReadonlySet<string>): number => {
    const node = byId.get(id);
    if (node === undefined) return 0;
    const { functionName, url, lineNumber } = node.callFrame;
    const file = url.slice(url.lastIndexOf('/') + 1);
    const name = `${functionName || '(anonymous)'} ${file}:${lineNumber + 1}`;
    const own = selfOf.get(id) ?? 0;
    const within = new Set([...above, name]);
    const sum = node.children.reduce((time, child) => time + visit(child, within), own);
    self.set(name, (self.get(name) ?? 0) + own);
    // A function that calls itself counts once.
    if (!above.has(name)) total.set(name, (total.get(name) ?? 0) + sum);
    return sum;
  };
  const [root] = nodes;
  if (root !== undefined) visit(root.id, new Set());
  const top = (times: ReadonlyMap<string, number>): string[] =>
    [...times]
      .sort((a, b) => b[1] - a[1])
      .slice(0, 45)
      .map(([name, time]) => `${(time / requests).toFixed(2).padStart(9)} µs  ${name}`);
  return ['itself', ...top(self), 'with callees', ...top(total)].join('\n');
}

await main(process.argv[2]);
