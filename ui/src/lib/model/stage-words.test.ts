import type { TrackedVersion } from '@assay/domain/ports/control-store';
import { expect, test } from 'vitest';
import { newestFirst } from './stage-words.ts';

test('version 10 is newer than version 9', () => {
  const versions = ['9', '10', '1'].map(
    (version): TrackedVersion => ({
      model: 'm',
      version,
      family: 'ranking',
      stage: 'registered',
      createdBy: 'ada',
      digest: 'd',
      updatedAtMs: 0,
    }),
  );
  expect(newestFirst(versions).map((v) => v.version)).toEqual(['10', '9', '1']);
});
