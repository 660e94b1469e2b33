/** Tells people what they wait for. */
export type Progress = {
  /** The next of several steps begins. */
  step(name: string, step: Step): void;
  /** Nothing more to come, after a failure too. May be called again. */
  end(): void;
};

/** Where we are. */
export type Step = {
  /** From 0. */
  readonly index: number;
  readonly of: number;
  /** How long it takes, at most about. */
  readonly seconds: number;
  /** How long those after it take. */
  readonly after: number;
};

/** Where progress is written. */
export type Screen = {
  readonly isTTY?: boolean;
  write(text: string): unknown;
};

/** How often a line is written: a terminal's is rewritten in place, a log gets few. */
const rhythm = { terminal: 1_000, log: 15_000 };

/** Progress of builds on standard error: one line that keeps changing on a terminal, else one every 15 s. */
export function progress(screen: Screen = process.stderr, now: () => number = Date.now): Progress {
  const terminal = screen.isTTY === true;
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    clearInterval(timer);
    if (timer !== undefined && terminal) screen.write('\n');
    timer = undefined;
  };
  return {
    step: (name, step) => {
      stop();
      const began = now();
      const write = (): void => {
        const line = progressLine(name, step, (now() - began) / 1000);
        screen.write(terminal ? `\r\u001b[K${line}` : `${line}\n`);
      };
      write();
      timer = setInterval(write, terminal ? rhythm.terminal : rhythm.log);
      timer.unref();
    },
    end: stop,
  };
}

/** One line of progress, after so many seconds of a step. */
export function progressLine(
  name: string,
  { index, of, seconds, after }: Step,
  elapsed: number,
): string {
  const left = Math.max(0, seconds - elapsed) + after;
  return `building ${name} (${index + 1} of ${of}): ${duration(elapsed)}, at most about ${duration(left)} left`;
}

/** Seconds as people say them: `9 s`, `2 min 5 s`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const rest = `${whole % 60} s`;
  return whole < 60 ? rest : `${Math.floor(whole / 60)} min ${rest}`;
}
