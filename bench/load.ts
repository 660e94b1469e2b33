import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import * as v from 'valibot';
import { boundTo } from './cores.ts';

const loadSchema = v.object({
  requests: v.number(),
  errors: v.number(),
  /** Of the answers that were looked into, those with a patch. */
  patched: v.number(),
  perSecond: v.number(),
  /** Milliseconds, from when the request was due. */
  p50: v.number(),
  p90: v.number(),
  p99: v.number(),
  max: v.number(),
  firstError: v.optional(v.string(), ''),
});

/** What the load generator saw: latencies in milliseconds. */
export type Load = v.InferOutput<typeof loadSchema>;

/** What to send, and how. */
export interface LoadOptions {
  /** Path of the load generator. */
  readonly generator: string;
  /** `host:port`. */
  readonly address: string;
  readonly path: string;
  /** Folder of the bodies, sent in turn. */
  readonly bodies: string;
  readonly connections: number;
  /** Requests a second, due at fixed times; 0 for as many as the server answers. */
  readonly rate: number;
  readonly seconds: number;
  /** The cores that it runs on. */
  readonly cores: string | undefined;
}

/** Sends requests over kept TLS connections until the time is up. */
export async function load(options: LoadOptions): Promise<Load> {
  const { generator, address, path, bodies, connections, rate, seconds, cores } = options;
  const command = boundTo(cores, generator, [
    `-address=${address}`,
    `-path=${path}`,
    `-bodies=${bodies}`,
    `-connections=${connections}`,
    `-rate=${rate}`,
    `-seconds=${seconds}`,
  ]);
  const { stdout } = await promisify(execFile)(command.program, [...command.args], {
    timeout: (seconds + 30) * 1_000,
  });
  return v.parse(loadSchema, JSON.parse(stdout));
}
