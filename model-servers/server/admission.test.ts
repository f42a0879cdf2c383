import { expect, test } from 'vitest';
import { Admission, limitOf } from './admission.ts';

test.for([
  { name: '50 µs each: more than may be in progress at all', activeMs: 100, answered: 2000, limit: 1024 },
  { name: '1 ms each: as many as a turn of 100 ms holds', activeMs: 100, answered: 100, limit: 100 },
  { name: '20 ms each: a few all the same', activeMs: 100, answered: 5, limit: 64 },
  { name: 'nothing was answered', activeMs: 100, answered: 0, limit: 64 },
])('limit: $name', ({ activeMs, answered, limit }) => {
  expect(limitOf(activeMs, answered, 1024)).toBe(limit);
});

test('the most that was configured holds below the least, too', () => {
  expect(limitOf(100, 1, 4)).toBe(4);
});

test('one too many is refused until another leaves', () => {
  const admission = new Admission(2);
  admission.enter();
  admission.enter();
  expect(admission.isFull).toBe(true);
  expect(() => admission.enter()).toThrow(expect.objectContaining({ code: 'OVERLOADED' }));
  admission.leave();
  admission.enter();
  expect(admission.inFlight).toBe(2);
});

const spin = (ms: number): void => {
  for (const end = performance.now() + ms; performance.now() < end; );
};

test('a loop that only works: the limit falls; one that waits for requests: it rises again', async () => {
  const admission = new Admission(1000);
  for (let i = 0; i < 60; i++) {
    admission.enter();
    spin(10);
    admission.leave();
  }
  expect(admission.limit).toBeLessThan(200);
  const low = admission.limit;
  // Nobody asks for a while, then one does: the look back finds an idle loop
  for (let i = 0; i < 4; i++) {
    await new Promise((resolve) => setTimeout(resolve, 150));
    admission.enter();
    admission.leave();
  }
  expect(admission.limit).toBeGreaterThan(low);
});
