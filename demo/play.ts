import { casts } from './casts.ts';
import { tellCoverage } from './coverage.ts';
import { metric } from './etcds.ts';
import { tellMetrics } from './metrics.ts';
import { type Applied, tellObjects } from './objects.ts';
import { startScene } from './scene.ts';
import { tellScrapes } from './scrapes.ts';
import type { Screen } from './screen.ts';
import { count, time } from './words.ts';

/**
 * Starts everything, applies objects of every dialect, and tells what happens as it happens.
 * @returns whether real samples of each etcd that runs have arrived, once, and no scrape is missing
 */
export async function play(show: Screen): Promise<boolean> {
  const began = performance.now();
  show.heading('What runs here, on the loopback alone');
  const scene = await startScene(stepper(show));
  try {
    const applied: Applied[] = [];
    for (const cast of casts) applied.push(await tellObjects(scene, cast, show));
    const scrapes = await tellScrapes(scene, show);
    const namespaces = casts.map(({ namespace }) => namespace);
    const { samples, complete } = await tellMetrics(
      scene,
      [...new Set(scrapes.map(({ namespace }) => namespace))],
      show,
    );
    const settled = await tellCoverage(scene, namespaces, show);

    const sum = (of: keyof Applied): number => applied.reduce((total, one) => total + one[of], 0);
    show.heading('In short');
    show.line(
      `${count(sum('all'), 'object')} applied, ${sum('sent')} sent to autoscrape, ${sum('patched')} completed`,
    );
    show.line(`${count(scrapes.length, 'scrape')} made, none written by hand`);
    show.line(
      `${count(samples.length, 'sample')} of ${metric} read${complete ? ', one of each etcd' : ': not one of each etcd'}`,
    );
    show.line(`${time(performance.now() - began)} in all`);
    return complete && settled;
  } finally {
    await scene.stop();
  }
}

/** Tells each thing that is there, with the time since the one before. */
function stepper(show: Screen): (what: string) => void {
  let last = performance.now();
  return (what) => {
    const now = performance.now();
    show.line(`${what} ${show.style.faint(`(${time(now - last)})`)}`);
    last = now;
  };
}
