import { sha256, utf8 } from './sha256.ts';

/** Deterministic random numbers for simulators and simulations; never for secrets, assignment or verdicts. */
export interface Prng {
  /** Uniform on [0, 1), 53 bits. */
  next(): number;
  /** Standard normal. */
  normal(): number;
  /** Uniform integer in [0, n), n ≤ 2^32; its bias is below n / 2^53. */
  int(n: number): number;
}

const rotl = (x: number, k: number): number => (x << k) | (x >>> (32 - k));

/**
 * xoshiro128** 1.1 (Blackman & Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 2021;
 * prng.di.unimi.it/xoshiro128starstar.c). Period 2^128 − 1.
 */
function xoshiro128(state: Uint32Array): () => number {
  let [a = 0, b = 0, c = 0, d = 0] = state;
  return () => {
    const result = Math.imul(rotl(Math.imul(b, 5), 7), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = rotl(d, 11);
    return result;
  };
}

/** The state is the first 128 bits (big endian words) of SHA-256 of the seed's text, so that near seeds do not correlate. */
function stateOf(seed: number | string): Uint32Array {
  const bytes = sha256(utf8(String(seed)));
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
  return Uint32Array.from([0, 4, 8, 12], (at) => view.getUint32(at));
}

/** Same seed, same numbers, on every machine (normal(): as far as Math.log agrees, which V8 fixes per version). */
export function prng(seed: number | string): Prng {
  const draw = xoshiro128(stateOf(seed));
  let spare: number | undefined;
  const next = (): number => {
    const high = draw() >>> 5;
    return (high * 67108864 + (draw() >>> 6)) / 9007199254740992;
  };
  const normal = (): number => {
    if (spare !== undefined) {
      const kept = spare;
      spare = undefined;
      return kept;
    }
    // Marsaglia's polar method: two independent normals from a point drawn in the unit disc.
    for (;;) {
      const u = 2 * next() - 1;
      const v = 2 * next() - 1;
      const s = u * u + v * v;
      if (s > 0 && s < 1) {
        const scale = Math.sqrt((-2 * Math.log(s)) / s);
        spare = v * scale;
        return u * scale;
      }
    }
  };
  return { next, normal, int: (n) => Math.floor(next() * n) };
}
