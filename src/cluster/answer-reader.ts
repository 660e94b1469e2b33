/** What an answer begins with (RFC 9112, section 4 and 5). */
export interface AnswerHead {
  readonly status: number;
  /** By lower-case name; several fields of one name are joined by commas (RFC 9110, section 5.3). */
  readonly headers: ReadonlyMap<string, string>;
}

/** Who is told of an answer as it comes. */
export interface AnswerListener {
  head(head: AnswerHead): void;
  /** A piece of the body, never empty. */
  data(piece: Buffer): void;
  /**
   * The whole answer is there, and all that came with it was looked at.
   *
   * @param reusable whether the connection is good for another request: not where more came than the answer
   */
  end(reusable: boolean): void;
}

/** That what came is no HTTP/1.1, or more than we read. */
export class AnswerError extends Error {
  override readonly name = 'AnswerError';
}

/** Bytes of a head, or of trailers: Node's own client takes as much; an API server sends less than 1 KiB. */
const longestHead = 16_384;

/** Bytes of the line before a chunk, extensions included. */
const longestSize = 4_096;

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** What is expected next. */
type Expected =
  | 'head'
  | 'fixed'
  | 'until-close'
  | 'chunk-size'
  | 'chunk'
  | 'chunk-end'
  | 'trailers'
  | 'nothing';

/**
 * Reads one answer of an HTTP/1.1 server out of the pieces in which it comes (RFC 9112). Requests are taken to be
 * neither HEAD nor CONNECT. Answers of 1xx are passed over.
 */
export class AnswerReader {
  readonly #listener: AnswerListener;
  #expected: Expected = 'head';
  /** A head, a line or trailers that have not come in whole. */
  #begun: Buffer | undefined;
  /** Bytes of the body, or of the chunk, that are still to come. */
  #left = 0;
  #reusable = true;

  constructor(listener: AnswerListener) {
    this.#listener = listener;
  }

  /**
   * Takes what has come.
   *
   * @throws {AnswerError} for what is no answer, and for what comes after it has ended
   */
  push(piece: Buffer): void {
    if (this.#expected === 'nothing') throw new AnswerError('more came than the answer');
    let rest: Buffer | undefined = piece;
    while (rest !== undefined && rest.length > 0 && this.#isUnfinished) rest = this.#take(rest);
    // Whoever is told may send the next request at once: only when nothing can be wrong with this answer any more.
    if (!this.#isUnfinished) this.#listener.end(this.#reusable && !rest?.length);
  }

  get #isUnfinished(): boolean {
    return this.#expected !== 'nothing';
  }

  /** The connection is closed: true where that is how this answer ends. */
  close(): boolean {
    if (this.#expected !== 'until-close') return !this.#isUnfinished;
    this.#expected = 'nothing';
    this.#listener.end(false);
    return true;
  }

  /** Takes something from the front of what has come, and gives what is behind it. */
  #take(bytes: Buffer): Buffer | undefined {
    switch (this.#expected) {
      case 'head':
        return this.#takeHead(bytes);
      case 'fixed':
      case 'chunk':
        return this.#takeBody(bytes);
      case 'until-close':
        this.#listener.data(bytes);
        return undefined;
      case 'chunk-size':
        return this.#takeSize(bytes);
      case 'chunk-end':
        return this.#takeChunkEnd(bytes);
      case 'trailers':
        return this.#takeTrailers(bytes);
      case 'nothing':
        return bytes;
    }
  }

  #takeHead(bytes: Buffer): Buffer | undefined {
    const whole = this.#whole(bytes, longestHead, 'the head of an answer', endOfHead);
    if (whole === undefined) return undefined;
    const head = parseHead(whole.text);
    // 101 would be another protocol, which nobody asked for.
    if (head.status === 101) throw new AnswerError('the server wants to switch protocols');
    if (head.status >= 100 && head.status < 200) return whole.rest;
    this.#expectBody(head);
    this.#listener.head(head);
    if (this.#expected === 'fixed' && this.#left === 0) this.#expected = 'nothing';
    return whole.rest;
  }

  /** How long the body is (RFC 9112, section 6.3), and whether the connection outlives the answer (section 9.3). */
  #expectBody({ status, headers }: AnswerHead): void {
    const coding = headers.get('transfer-encoding');
    const length = headers.get('content-length');
    const wishes = (headers.get('connection') ?? '').toLowerCase();
    this.#reusable = !/(?:^|,)\s*close\s*(?:,|$)/.test(wishes) && headers.get(':version') === '1.1';
    if (status === 204 || status === 304) this.#expectBytes(0);
    else if (coding !== undefined) {
      // With both it is not sure where the answer ends for who is in between.
      if (length !== undefined) this.#reusable = false;
      if (!/(?:^|,)\s*chunked\s*$/i.test(coding)) this.#expected = 'until-close';
      else this.#expected = 'chunk-size';
    } else if (length !== undefined) this.#expectBytes(lengthOf(length));
    else this.#expected = 'until-close';
  }

  #expectBytes(length: number): void {
    this.#expected = 'fixed';
    this.#left = length;
  }

  #takeBody(bytes: Buffer): Buffer | undefined {
    const piece = bytes.length <= this.#left ? bytes : bytes.subarray(0, this.#left);
    this.#left -= piece.length;
    this.#listener.data(piece);
    if (this.#left === 0) this.#expected = this.#expected === 'fixed' ? 'nothing' : 'chunk-end';
    return piece === bytes ? undefined : bytes.subarray(piece.length);
  }

  #takeSize(bytes: Buffer): Buffer | undefined {
    const whole = this.#whole(bytes, longestSize, 'the line before a chunk', endOfLine);
    if (whole === undefined) return undefined;
    const size = /^([0-9a-f]{1,12})[ \t]*(?:;.*)?$/i.exec(whole.text)?.[1];
    if (size === undefined) throw new AnswerError('a chunk without its size');
    this.#left = Number.parseInt(size, 16);
    this.#expected = this.#left === 0 ? 'trailers' : 'chunk';
    return whole.rest;
  }

  #takeChunkEnd(bytes: Buffer): Buffer | undefined {
    const whole = this.#whole(bytes, 2, 'the end of a chunk', endOfLine);
    if (whole === undefined) return undefined;
    if (whole.text !== '') throw new AnswerError('a chunk is longer than it says');
    this.#expected = 'chunk-size';
    return whole.rest;
  }

  /** Trailers are of no use to us. */
  #takeTrailers(bytes: Buffer): Buffer | undefined {
    const whole = this.#whole(bytes, longestHead, 'what follows the last chunk', endOfTrailers);
    if (whole === undefined) return undefined;
    this.#expected = 'nothing';
    return whole.rest;
  }

  /**
   * What ends where `end` says, once it is there in whole, without the end of its last line; undefined, and the bytes are
   * kept, while it is not.
   */
  #whole(
    bytes: Buffer,
    longest: number,
    what: string,
    end: (bytes: Buffer) => number,
  ): { readonly text: string; readonly rest: Buffer } | undefined {
    const all = this.#begun === undefined ? bytes : Buffer.concat([this.#begun, bytes]);
    const length = end(all);
    if (length > longest || (length < 0 && all.length > longest)) {
      throw new AnswerError(`${what} is longer than ${longest} bytes`);
    }
    if (length < 0) {
      this.#begun = all;
      return undefined;
    }
    this.#begun = undefined;
    const text = all.toString('latin1', 0, length).replace(/\r?\n(?:\r?\n)?$/, '');
    return { text, rest: all.subarray(length) };
  }
}

/** Where a line ends, its line feed included; -1 where it does not. */
function endOfLine(bytes: Buffer): number {
  return bytes.indexOf(lineFeed) + 1 || -1;
}

/** Where the empty line after a head ends; -1 where there is none yet. Line feeds alone are taken too (RFC 9112, section 2.2). */
function endOfHead(bytes: Buffer): number {
  for (let at = bytes.indexOf(lineFeed); at >= 0; at = bytes.indexOf(lineFeed, at + 1)) {
    const end = emptyLineAt(bytes, at + 1);
    if (end >= 0) return end;
  }
  return -1;
}

/** The same, where there may be no line before the empty one. */
function endOfTrailers(bytes: Buffer): number {
  const end = emptyLineAt(bytes, 0);
  return end >= 0 ? end : endOfHead(bytes);
}

function emptyLineAt(bytes: Buffer, at: number): number {
  if (bytes[at] === lineFeed) return at + 1;
  return bytes[at] === carriageReturn && bytes[at + 1] === lineFeed ? at + 2 : -1;
}

/** @throws {AnswerError} for what is no head of an answer */
function parseHead(text: string): AnswerHead {
  const [first = '', ...lines] = text.split(/\r?\n/);
  const status = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: |$)/.exec(first);
  if (status === null) throw new AnswerError(`no HTTP: ${JSON.stringify(first.slice(0, 60))}`);
  // No field can be called so.
  const headers = new Map([[':version', `1.${status[1]}`]]);
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    // A line that begins with a space goes on with the one before, which no server may send (RFC 9112, section 5.2).
    if (colon <= 0 || !/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name)) {
      throw new AnswerError(`no header field: ${JSON.stringify(line.slice(0, 60))}`);
    }
    const value = line.slice(colon + 1).trim();
    const earlier = headers.get(name);
    headers.set(name, earlier === undefined ? value : `${earlier}, ${value}`);
  }
  return { status: Number(status[2]), headers };
}

/** One length, or the same one several times (RFC 9110, section 8.6). */
function lengthOf(value: string): number {
  const [length = '', ...others] = value.split(',').map((one) => one.trim());
  if (!/^\d{1,15}$/.test(length) || others.some((one) => one !== length)) {
    throw new AnswerError(`no length of an answer: ${JSON.stringify(value.slice(0, 60))}`);
  }
  return Number(length);
}
