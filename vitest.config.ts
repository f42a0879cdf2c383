import { defineConfig } from 'vitest/config';

// Two projects: pure tests beside their files run in parallel; tests that start real parts run one file at a
// time, because two cores cannot host two fleets without timing each other out.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{control-plane,workflows,model-servers,registry,ui,proto}/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/.assay/**'],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'system',
          // CI asks for colours by its variable; what the tests compare is the command line's text
          env: { NO_COLOR: '1' },
          include: ['test/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/.assay/**'],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
