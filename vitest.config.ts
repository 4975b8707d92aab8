import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Only for what hangs: on a busy machine a command of the gateway's own takes long to start.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // On two cores vitest would run one file at a time, and most of them wait for sockets and disks.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      { extends: true, test: { name: 'json', include: ['test/**/*.test.ts'] } },
      // The conformance suite once more, with a consumer that sends and asks for XML; without those files that are about
      // connections only, and the one that sends both formats anyway.
      {
        extends: true,
        test: {
          name: 'xml',
          include: ['test/conformance/**/*.test.ts'],
          exclude: ['transport', 'access', 'xml'].map((name) => `test/conformance/${name}.test.ts`),
          env: { SLOTBRIDGE_TEST_FORMAT: 'xml' },
        },
      },
    ],
    reporters: process.env['CI'] ? ['default', ['json', { outputFile: 'test-results/report.json' }]] : ['default'],
    coverage: { provider: 'v8', include: ['src/**'], reporter: ['text-summary', 'html'] },
  },
});
