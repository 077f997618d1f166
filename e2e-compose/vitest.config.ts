import { defineConfig } from 'vitest/config';

/** Black box, against both compose stacks as two servers; files run one after another and share them. */
export default defineConfig({
  test: {
    root: new URL('.', import.meta.url).pathname,
    include: ['src/**/*.e2e.ts'],
    globalSetup: 'src/harness/start-servers.ts',
    fileParallelism: false,
    pool: 'forks',
    isolate: false,
    testTimeout: 600_000,
    hookTimeout: 240_000,
    sequence: { sequencer: (await import('./src/harness/by-name.ts')).ByName },
  },
});
