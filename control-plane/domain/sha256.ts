// SHA-256 (FIPS 180-4) in plain TypeScript: assignment and audit hashes must be the same function in the browser,
// in a workflow sandbox and in a server, and the domain may import nothing.

const K = new Int32Array(64);
const INITIAL = new Int32Array(8);

/** First 32 bits of the fractional part of x; exact for the roots of the first 64 primes in doubles. */
const fraction = (x: number): number => Math.floor((x - Math.floor(x)) * 2 ** 32);

function fillConstants(): void {
  let found = 0;
  for (let n = 2; found < 64; n++) {
    let prime = true;
    for (let d = 2; d * d <= n; d++) if (n % d === 0) prime = false;
    if (!prime) continue;
    if (found < 8) INITIAL[found] = fraction(Math.sqrt(n));
    K[found] = fraction(Math.cbrt(n));
    found++;
  }
}
fillConstants();

const schedule = new Int32Array(64);
const at = (a: Int32Array, i: number): number => a[i] as number;
const rotr = (x: number, n: number): number => (x >>> n) | (x << (32 - n));
const word = (b: Uint8Array, i: number): number =>
  ((b[i] as number) << 24) |
  ((b[i + 1] as number) << 16) |
  ((b[i + 2] as number) << 8) |
  (b[i + 3] as number);

function compress(h: Int32Array, block: Uint8Array, offset: number): void {
  const w = schedule;
  for (let i = 0; i < 16; i++) w[i] = word(block, offset + 4 * i);
  for (let i = 16; i < 64; i++) {
    const x = at(w, i - 15);
    const y = at(w, i - 2);
    const s0 = rotr(x, 7) ^ rotr(x, 18) ^ (x >>> 3);
    const s1 = rotr(y, 17) ^ rotr(y, 19) ^ (y >>> 10);
    w[i] = (at(w, i - 16) + s0 + at(w, i - 7) + s1) | 0;
  }
  let a = at(h, 0);
  let b = at(h, 1);
  let c = at(h, 2);
  let d = at(h, 3);
  let e = at(h, 4);
  let f = at(h, 5);
  let g = at(h, 6);
  let k = at(h, 7);
  for (let i = 0; i < 64; i++) {
    const s1 = rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25);
    const t1 = (k + s1 + ((e & f) ^ (~e & g)) + at(K, i) + at(w, i)) | 0;
    const s0 = rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    k = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  h[0] = at(h, 0) + a;
  h[1] = at(h, 1) + b;
  h[2] = at(h, 2) + c;
  h[3] = at(h, 3) + d;
  h[4] = at(h, 4) + e;
  h[5] = at(h, 5) + f;
  h[6] = at(h, 6) + g;
  h[7] = at(h, 7) + k;
}

const BLOCK = 64;
/** Room for the padding and the length after a message's last bytes. */
const last = new Uint8Array(2 * BLOCK);
const state = new Int32Array(8);

/** The hash's state after whole blocks of 64 bytes, from which `wordsAfter` goes on: a key that never changes is hashed once. */
export function stateAfter(blocks: Uint8Array): Int32Array {
  const h = INITIAL.slice();
  for (let i = 0; i + BLOCK <= blocks.length; i += BLOCK) compress(h, blocks, i);
  return h;
}

/** The hash's eight words, big endian, of what `from` has seen and `message`. Good until the next call: they lie in one place. */
export function wordsAfter(from: Int32Array, seenBytes: number, message: Uint8Array): Int32Array {
  state.set(from);
  const whole = message.length & ~(BLOCK - 1);
  for (let i = 0; i < whole; i += BLOCK) compress(state, message, i);
  const rest = message.length - whole;
  const end = rest + 9 <= BLOCK ? BLOCK : 2 * BLOCK;
  last.fill(0);
  for (let i = 0; i < rest; i++) last[i] = message[whole + i] as number;
  last[rest] = 0x80;
  const bytes = seenBytes + message.length;
  const high = Math.floor(bytes / 2 ** 29);
  const low = (bytes << 3) | 0;
  for (let i = 0; i < 4; i++) {
    last[end - 5 - i] = high >>> (8 * i);
    last[end - 1 - i] = low >>> (8 * i);
  }
  compress(state, last, 0);
  if (end > BLOCK) compress(state, last, BLOCK);
  return state;
}

/** The eight words of SHA-256, big endian. Good until the next call. */
export const sha256Words = (message: Uint8Array): Int32Array => wordsAfter(INITIAL, 0, message);

/** 32 bytes of SHA-256. */
export function sha256(message: Uint8Array): Uint8Array {
  const digest = new Uint8Array(32);
  writeWords(sha256Words(message), digest);
  return digest;
}

/** Words as bytes, big endian, into `bytes`. */
export function writeWords(words: Int32Array, bytes: Uint8Array): void {
  for (let i = 0, n = 0; i < words.length; i++, n += 4) {
    const w = at(words, i);
    bytes[n] = w >>> 24;
    bytes[n + 1] = w >>> 16;
    bytes[n + 2] = w >>> 8;
    bytes[n + 3] = w;
  }
}

export const toHex = (bytes: Uint8Array): string => {
  let text = '';
  for (const b of bytes) text += (b < 16 ? '0' : '') + b.toString(16);
  return text;
};

/** Hex SHA-256 of the UTF-8 bytes of a text. */
export const sha256Hex = (text: string): string => toHex(sha256(utf8(text)));

/** UTF-8 bytes; a lone surrogate becomes U+FFFD, as TextEncoder (which the pure folders lack) does. */
export const utf8 = (text: string): Uint8Array => ascii(text) ?? utf8Long(text);

/** What most texts are, several times as fast; undefined for every other. */
function ascii(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return undefined;
    bytes[i] = code;
  }
  return bytes;
}

function utf8Long(text: string): Uint8Array {
  const out: number[] = [];
  for (const char of text) {
    let c = char.codePointAt(0) as number;
    if (c >= 0xd800 && c <= 0xdfff) c = 0xfffd;
    if (c < 0x80) out.push(c);
    else if (c < 0x800) out.push(0xc0 | (c >> 6), 0x80 | (c & 63));
    else if (c < 0x10000) out.push(0xe0 | (c >> 12), 0x80 | ((c >> 6) & 63), 0x80 | (c & 63));
    else out.push(0xf0 | (c >> 18), 0x80 | ((c >> 12) & 63), 0x80 | ((c >> 6) & 63), 0x80 | (c & 63));
  }
  return Uint8Array.from(out);
}
