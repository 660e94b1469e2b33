/**
 * XXH64 with seed 0, by which vmagent's `hashmod` shares targets out
 * (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md).
 */
export function xxhash64(text: string): bigint {
  const bytes = new TextEncoder().encode(text);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (at: number) => view.getBigUint64(at, true);
  let at = 0;
  let hash = prime5;
  if (bytes.length >= 32) {
    const lanes = [prime1 + prime2, prime2, 0n, -prime1];
    for (; at + 32 <= bytes.length; at += 32) {
      for (const [index, lane] of lanes.entries()) {
        lanes[index] = round(lane, word(at + 8 * index));
      }
    }
    hash = lanes.reduce((sum, lane, index) => sum + rotated(lane, [1n, 7n, 12n, 18n][index]), 0n);
    for (const lane of lanes) hash = whole((hash ^ round(0n, lane)) * prime1 + prime4);
  }
  hash = whole(hash + BigInt(bytes.length));
  for (; at + 8 <= bytes.length; at += 8) {
    hash = whole(rotated(hash ^ round(0n, word(at)), 27n) * prime1 + prime4);
  }
  if (at + 4 <= bytes.length) {
    const half = BigInt(view.getUint32(at, true));
    hash = whole(rotated(hash ^ whole(half * prime1), 23n) * prime2 + prime3);
    at += 4;
  }
  for (; at < bytes.length; at += 1) {
    const byte = BigInt(view.getUint8(at));
    hash = whole(rotated(hash ^ whole(byte * prime5), 11n) * prime1);
  }
  hash = whole((hash ^ (hash >> 33n)) * prime2);
  hash = whole((hash ^ (hash >> 29n)) * prime3);
  return hash ^ (hash >> 32n);
}

const prime1 = 0x9e3779b185ebca87n;
const prime2 = 0xc2b2ae3d27d4eb4fn;
const prime3 = 0x165667b19e3779f9n;
const prime4 = 0x85ebca77c2b2ae63n;
const prime5 = 0x27d4eb2f165667c5n;

function whole(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}

function rotated(value: bigint, by = 0n): bigint {
  const bits = whole(value);
  return whole(bits << by) | (bits >> (64n - by));
}

function round(lane: bigint, input: bigint): bigint {
  return whole(rotated(lane + input * prime2, 31n) * prime1);
}
