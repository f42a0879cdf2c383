import { defineConfig } from 'vitest/config';

// Two projects: pure tests beside their files, and tests that start real parts. Both run two files at a time: the
// real parts wait for one another more than they compute, and two cores cannot host more fleets than two without
// timing each other out.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{control-plane,workflows,model-servers,registry,ui,proto,loadtests}/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/.assay/**'],
          testTimeout: 60_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'system',
          // CI asks for colours by its variable; what the tests compare is the command line's text
          env: { NO_COLOR: '1' },
          include: ['test/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/.assay/**'],
          maxWorkers: 2,
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
