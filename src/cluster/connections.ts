import type { Tls } from './access.ts';
import type { Clock } from './clock.ts';
import { Connection, type Destination, destinationOf } from './connection.ts';

/** Somebody who waits for a connection. */
interface Waiting {
  readonly destination: Destination;
  readonly fresh: boolean;
  readonly use: (connection: Connection) => void;
  readonly fail: (error: Error) => void;
}

interface Idle {
  readonly connection: Connection;
  readonly since: number;
}

/** The API server closes what was idle for 90 s (net/http's IdleTimeout in its generic server); we are earlier. */
const longestIdle = 60_000;

const closed = 'the way to the API server was closed';

/** Connections that are kept from one request to the next. */
export class Connections {
  readonly #server: URL;
  readonly #most: number;
  readonly #clock: Clock;
  readonly #all = new Set<Connection>();
  /** The one used last at the end: that is taken first, so that those too many grow old. */
  readonly #idle: Idle[] = [];
  readonly #waiting = new Set<Waiting>();
  #destination: Destination | undefined;
  #closed = false;

  /** @param most connections at a time; who wants more waits */
  constructor(server: URL, most: number, clock: Clock) {
    this.#server = server;
    this.#most = most;
    this.#clock = clock;
  }

  /** Where these credentials lead; undefined where their certificates can't be read. */
  destination(tls: Tls): Destination | undefined {
    if (this.#destination?.tls === tls) return this.#destination;
    const next = destinationOf(this.#server, tls);
    if (next === undefined) return undefined;
    this.#destination = next;
    // Requests under way keep their connections; the idle ones of other certificates go.
    this.closeIdle();
    return next;
  }

  /**
   * Gives `use` a connection, at once or when there is one. It is to be given back by {@link release}.
   *
   * @param fresh no connection that was used before
   * @param fail told instead where there will be none
   * @returns takes it back, for who has not been given one
   */
  take(
    destination: Destination,
    fresh: boolean,
    use: (connection: Connection) => void,
    fail: (error: Error) => void,
  ): () => void {
    if (this.#closed) {
      fail(new Error(closed));
      return () => {};
    }
    const idle = fresh ? undefined : this.#takeIdle(destination);
    if (idle !== undefined) {
      use(idle);
      return () => {};
    }
    if (this.#all.size < this.#most || this.#dropIdle()) {
      use(this.#open(destination));
      return () => {};
    }
    const waiting = { destination, fresh, use, fail };
    this.#waiting.add(waiting);
    return () => this.#waiting.delete(waiting);
  }

  /** A request has ended: its connection is for the next one, where it can be. */
  release(connection: Connection): void {
    if (!connection.isReusable) return;
    const [next] = this.#waiting;
    const fits = next === undefined || (!next.fresh && next.destination === connection.destination);
    if (!fits || this.#closed || connection.destination !== this.#destination) {
      // Whoever waits gets a new one in its place.
      connection.destroy();
    } else if (next === undefined) this.#idle.push({ connection, since: this.#clock.now() });
    else {
      this.#waiting.delete(next);
      next.use(connection);
    }
  }

  /** Ends the connections that nobody uses. */
  closeIdle(): void {
    for (const { connection } of this.#idle.splice(0)) connection.destroy();
  }

  /** Ends every connection, for good. Requests under way fail, and so do those that wait or are still to come. */
  close(): void {
    this.#closed = true;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const connection of [...this.#all]) connection.destroy(new Error(closed));
    for (const { fail } of waiting) fail(new Error(closed));
  }

  #takeIdle(destination: Destination): Connection | undefined {
    const old = this.#clock.now() - longestIdle;
    while (this.#idle[0] !== undefined && this.#idle[0].since < old) this.#dropIdle();
    for (let last = this.#idle.pop(); last !== undefined; last = this.#idle.pop()) {
      const { connection } = last;
      if (connection.isReusable && connection.destination === destination) return connection;
      connection.destroy();
    }
    return undefined;
  }

  /** Ends the connection that was idle for longest; false where none is. */
  #dropIdle(): boolean {
    const longest = this.#idle.shift();
    if (longest === undefined) return false;
    this.#all.delete(longest.connection);
    longest.connection.destroy();
    return true;
  }

  #open(destination: Destination): Connection {
    const connection = new Connection(destination, (closed) => this.#gone(closed));
    this.#all.add(connection);
    return connection;
  }

  #gone(connection: Connection): void {
    this.#all.delete(connection);
    const at = this.#idle.findIndex((idle) => idle.connection === connection);
    if (at >= 0) this.#idle.splice(at, 1);
    const [next] = this.#waiting;
    if (next === undefined || this.#closed || this.#all.size >= this.#most) return;
    this.#waiting.delete(next);
    next.use(this.#open(next.destination));
  }
}
