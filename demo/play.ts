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
 * @param bundled fulfilled when the bundle that it starts is made
 * @returns whether real samples of each etcd that runs have arrived, once, and no scrape is missing
 */
export async function play(show: Screen, bundled: Promise<void>): Promise<boolean> {
  const began = performance.now();
  show.heading('What runs here, on the loopback alone');
  const scene = await startScene({ told: stepper(show), bundled });
  try {
    const applied: Applied[] = [];
    for (const cast of casts) applied.push(await tellObjects(scene, cast, show));
    const scrapes = await tellScrapes(scene, show);
    // The etcd of a foreign chart is nobody's component, and has nothing to show here.
    const own = applied.filter(({ sent }) => sent > 0).map(({ namespace }) => namespace);
    const { samples, complete } = await tellMetrics(scene, own, show);
    const settled = await tellCoverage(scene, show);

    const sum = (of: 'all' | 'sent' | 'patched'): number =>
      applied.reduce((total, one) => total + one[of], 0);
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

/** Tells each thing with the time since the beginning. */
function stepper(show: Screen): (what: string) => void {
  const began = performance.now();
  return (what) => {
    show.line(`${what} ${show.style.faint(`(after ${time(performance.now() - began)})`)}`);
  };
}
