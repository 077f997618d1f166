import { defineConfig } from 'vitest/config';

const projects = [
  'libs/contracts',
  'libs/bus',
  'libs/database',
  'libs/service-kit',
  'libs/testing',
  'services/key-manager',
  'services/web',
  'services/push-broker',
  'services/bip',
  'services/turn',
  'services/rmm-logs',
  'services/plugins',
  'services/audit-logs',
  'services/downloads',
  'agent',
  'console',
  'local-stack',
  'cli',
  'compose/setup',
];

/** Projects whose specs change something for good, such as the registers of routes and events: each file has a process of its own. */
const ISOLATED = ['libs/bus', 'libs/service-kit'];

export default defineConfig({
  test: {
    projects: projects.map((root) => ({
      root,
      test: {
        name: root.split('/').at(-1) ?? root,
        // Elsewhere the files of a worker share what they import: NestJS and TypeORM cost a second each time.
        isolate: ISOLATED.includes(root),
        include: ['src/**/*.spec.ts'],
        testTimeout: 30_000,
        hookTimeout: 60_000,
        pool: 'forks',
      },
    })),
    maxWorkers: 2,
  },
});
