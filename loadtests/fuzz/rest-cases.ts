import { gzipSync } from 'node:zlib';
import type { Prng } from '@assay/domain/prng';
import { bytes, ENDPOINT, LIMIT_BYTES, pick, strangeName } from './message.ts';

/** One request as it goes over the socket, and the HTTP statuses it may get; "cut" where the connection may just close. */
export interface RestCase {
  readonly kind: string;
  readonly head: string;
  readonly body: Buffer;
  readonly allowed: readonly string[];
}

const BAD = ['400'];
const BOMB = gzipSync(Buffer.alloc(16 * LIMIT_BYTES));
const INFER = `/v2/models/${ENDPOINT}/infer`;

const head = (path: string, length: number, more = ''): string =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${length}\r\n${more}\r\n`;

const post = (
  kind: string,
  body: Buffer | string,
  allowed: readonly string[],
  more = '',
  path = INFER,
): RestCase => {
  const sent = Buffer.from(body as string);
  return { kind: `REST: ${kind}`, head: head(path, sent.length, more), body: sent, allowed };
};

const FEATURES = '[0,0,0,0,0.5,0,0,0,0,0]';
const good = (
  features = FEATURES,
  shape = '[1,10]',
  more = '',
  datatype = '"FP32"',
): string => `{"id":"r"${more},"inputs":[{"name":"features","datatype":${datatype},"shape":${shape},"data":${features}},
{"name":"click_value_cents","datatype":"FP32","shape":[1],"data":[20]}]}`;

const BAD_ELEMENTS = ['"x"', 'null', 'true', '[]', '{}', '1e999', '""', '[[[[[[0]]]]]]'];
const BAD_SHAPES = [
  '[]',
  '[1]',
  '[-1,10]',
  '[0,10]',
  '[2,10]',
  '[4611686018427387904,10]',
  '[1e30,10]',
  '[1.5,10]',
  '"1"',
  'null',
  '{}',
];
const JUNK = [
  '',
  '{',
  '[]',
  'null',
  '"x"',
  '{"inputs":{}}',
  '{"inputs":[1]}',
  '{"inputs":[{"name":1}]}',
  '\u0000',
  '{"__proto__":{"inputs":[]}}',
];
const STRANGE_PATHS = [
  '/v2/models//infer',
  '/v2/models/%E0%A4%A/infer',
  '/v2/models/bid/infer/..',
  '/',
  '/v2/models/bid/versions/9/infer',
];

function binary(random: Prng): RestCase {
  const json = `{"inputs":[{"name":"features","datatype":"FP32","shape":[1,10],"parameters":{"binary_data_size":${pick(random, ['40', '41', '-1', '1e9', '"40"', '18446744073709551615'])}}},
{"name":"click_value_cents","datatype":"FP32","shape":[1],"data":[20]}]}`;
  const tail = bytes(random, pick(random, [0, 39, 41, 80]));
  const length = pick(random, [
    String(json.length),
    '0',
    '-1',
    '1',
    '99999999999',
    'x',
    String(json.length + 1),
  ]);
  return post(
    'binary data that does not fit',
    Buffer.concat([Buffer.from(json), tail]),
    BAD,
    `Inference-Header-Content-Length: ${length}\r\n`,
  );
}

/** A good binary request whose floats are not finite. */
function notFinite(random: Prng): RestCase {
  const json = `{"inputs":[{"name":"features","datatype":"FP32","shape":[1,10],"parameters":{"binary_data_size":40}},
{"name":"click_value_cents","datatype":"FP32","shape":[1],"data":[20]}]}`;
  const floats = Buffer.alloc(40);
  floats.writeFloatLE(pick(random, [Number.NaN, Number.POSITIVE_INFINITY]), 4 * random.int(10));
  const body = Buffer.concat([Buffer.from(json), floats]);
  return post(
    'binary data that is not finite',
    body,
    BAD,
    `Inference-Header-Content-Length: ${json.length}\r\n`,
  );
}

const element = (random: Prng): string => {
  const values = new Array<string>(10).fill('0');
  values[random.int(10)] = pick(random, BAD_ELEMENTS);
  return `[${values.join(',')}]`;
};

const headerFlood = (random: Prng): string =>
  Array.from({ length: 200 }, (_, i) => `X-${i}: ${'y'.repeat(100 + random.int(200))}\r\n`).join('');

const deep = (n: number): string => '['.repeat(n) + ']'.repeat(n);

const CASES: readonly ((random: Prng) => RestCase)[] = [
  () => post('good', good(), ['200']),
  () => post('good, gzip', gzipSync(good()), ['200'], 'Content-Encoding: gzip\r\n'),
  (random) => post('a body that is no request', pick(random, JUNK), BAD),
  (random) => post('random bytes', bytes(random, random.int(300)), BAD),
  (random) => post('JSON cut short', good().slice(0, random.int(good().length)), BAD),
  (random) => post('an element that is none', good(element(random)), BAD),
  (random) => post('a shape that is none', good(FEATURES, pick(random, BAD_SHAPES)), BAD),
  (random) => post('another number of elements', good(`[${'0,'.repeat(random.int(200) + 11)}0]`), BAD),
  (random) =>
    post('deep lists', pick(random, [deep(20_000), good(deep(20_000)), good(`[${deep(3000)}]`)]), BAD),
  (random) =>
    post(
      'another datatype',
      good(FEATURES, '[1,10]', '', pick(random, ['"FP64"', '"__proto__"', '1', 'null'])),
      BAD,
    ),
  (random) =>
    post(
      'a parameter that is none',
      good(
        FEATURES,
        '[1,10]',
        `,"parameters":{"p":${pick(random, ['[]', '{}', 'null', '36893488147419103232'])}}`,
      ),
      BAD,
    ),
  (random) =>
    post(
      'a unit id that is none',
      good(FEATURES, '[1,10]', `,"parameters":{"unit_id":${pick(random, ['""', 'true', '0.5'])}}`),
      BAD,
    ),
  binary,
  notFinite,
  (random) => post('gzip that is none', bytes(random, 50), BAD, 'Content-Encoding: gzip\r\n'),
  () => post('gzip that unfolds past the limit', BOMB, ['429'], 'Content-Encoding: gzip\r\n'),
  () => post('an unknown encoding', good(), BAD, 'Content-Encoding: zstd\r\n'),
  () => ({ ...post('a body over the limit', '', ['429', 'cut']), head: head(INFER, LIMIT_BYTES + 1) }),
  (random) =>
    post(
      'an unknown endpoint',
      good(),
      ['404'],
      '',
      `/v2/models/${encodeURIComponent(`${strangeName(random)}?`)}/infer`,
    ),
  (random) => post('a strange path', good(), ['404', '400'], '', pick(random, STRANGE_PATHS)),
  (random) => post('a flood of headers', good(), ['431', 'cut'], headerFlood(random)),
  (random) => ({
    kind: 'REST: no HTTP',
    head: pick(random, [
      'GET\r\n\r\n',
      'POST / HTTP/9.9\r\n\r\n',
      '\u0016\u0003\u0001\r\n\r\n',
      `${'x'.repeat(500)}\r\n\r\n`,
    ]),
    body: Buffer.alloc(0),
    allowed: ['400', 'cut'],
  }),
  () => post('lengths that contradict', good(), ['400', 'cut'], 'Content-Length: 3\r\n'),
  () => post('chunks that are none', 'zz\r\n', ['400', 'cut'], 'Transfer-Encoding: chunked\r\n'),
  // The server gives up on a body that does not come; rarely asked for, since it takes the whole of its time limit
  (random) =>
    random.int(8) > 0
      ? post('good', good(), ['200'])
      : { ...post('a body that never comes', '{"inp', ['408', 'cut']), head: head(INFER, 1000) },
];

export const restCase = (random: Prng): RestCase => pick(random, CASES)(random);
