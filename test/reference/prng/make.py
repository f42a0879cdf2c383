"""Writes prng.json: the first numbers of xoshiro128** seeded by SHA-256, written down independently in Python integers.

Run: python3 test/reference/prng/make.py > test/reference/prng/prng.json
"""

import hashlib
import json

MASK = 0xFFFFFFFF


def rotl(x, k):
    return ((x << k) | (x >> (32 - k))) & MASK


def stream(seed):
    digest = hashlib.sha256(seed.encode()).digest()
    s = [int.from_bytes(digest[i : i + 4], "big") for i in (0, 4, 8, 12)]
    while True:
        yield (rotl((s[1] * 5) & MASK, 7) * 9) & MASK
        t = (s[1] << 9) & MASK
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotl(s[3], 11)


def uniforms(seed, n):
    words = stream(seed)
    return [((next(words) >> 5) * 67108864 + (next(words) >> 6)) / 9007199254740992 for _ in range(n)]


print(json.dumps({"cases": [{"seed": s, "next": uniforms(s, 12)} for s in ["1", "42", "shop/2026", ""]]}, indent=1))
