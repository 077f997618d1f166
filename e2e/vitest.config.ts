import { defineConfig } from 'vitest/config';

/** Black box, against one running stack; files run one after another and share it. */
export default defineConfig({
  test: {
    root: new URL('.', import.meta.url).pathname,
    include: ['src/**/*.e2e.ts'],
    globalSetup: 'src/harness/start-stack.ts',
    fileParallelism: false,
    pool: 'forks',
    isolate: false,
    testTimeout: 90_000,
    hookTimeout: 120_000,
    sequence: { sequencer: (await import('./src/harness/by-name.ts')).ByName },
  },
});
