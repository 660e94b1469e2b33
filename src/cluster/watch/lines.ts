const newline = 0x0a;
/** etcd takes objects of 1.5 MB; as JSON with everything escaped such a one is far below this. */
const longest = 16 * 1024 * 1024;

/** Splits bytes into lines, whatever the pieces are that they come in. */
export class LineReader {
  #chunk: Buffer | undefined;
  #at = 0;
  /** Pieces of the line that no newline has ended yet. */
  #rest: Buffer[] = [];
  #restSize = 0;

  /** Adds bytes. Only after {@link next} has given undefined. */
  push(chunk: Buffer): void {
    this.#chunk = chunk;
    this.#at = 0;
  }

  /**
   * The next whole line without its newline; undefined until more bytes have come.
   *
   * @throws {RangeError} for a line of more than 16 MiB
   */
  next(): string | undefined {
    const chunk = this.#chunk;
    if (chunk === undefined) return undefined;
    const end = chunk.indexOf(newline, this.#at);
    if (end < 0) {
      this.#keep(chunk.subarray(this.#at));
      this.#chunk = undefined;
      return undefined;
    }
    const piece = chunk.subarray(this.#at, end);
    this.#at = end + 1;
    if (this.#rest.length === 0) return piece.toString('utf8');
    this.#rest.push(piece);
    const line = Buffer.concat(this.#rest).toString('utf8');
    this.#rest = [];
    this.#restSize = 0;
    return line;
  }

  #keep(piece: Buffer): void {
    if (piece.length === 0) return;
    this.#restSize += piece.length;
    if (this.#restSize > longest) throw new RangeError(`a line of more than ${longest} bytes`);
    this.#rest.push(piece);
  }
}
