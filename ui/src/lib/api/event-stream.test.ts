import { expect, test } from 'vitest';
import { eventStreamParser } from './event-stream.ts';

const parse = (...chunks: string[]): string[] => {
  const seen: string[] = [];
  const push = eventStreamParser((data) => seen.push(data));
  for (const chunk of chunks) push(chunk);
  return seen;
};

test.for([
  { name: 'one event', chunks: ['data: {"a":1}\n\n'], want: ['{"a":1}'] },
  { name: 'an event cut in two', chunks: ['data: {"a"', ':1}\n', '\n'], want: ['{"a":1}'] },
  { name: 'carriage returns', chunks: ['data: x\r\n\r\n'], want: ['x'] },
  { name: 'comments and other fields', chunks: [': ping\n\nevent: e\nid: 4\ndata:y\n\n'], want: ['y'] },
  { name: 'several data lines', chunks: ['data: a\ndata: b\n\n'], want: ['a\nb'] },
  { name: 'nothing before the blank line', chunks: ['data: a\n'], want: [] },
])('event stream: $name', ({ chunks, want }) => {
  expect(parse(...chunks)).toEqual(want);
});
