#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { env } from 'node:process';
import { run } from './core/run';
import { Terminal } from './core/terminal';
import './verbs';

const environment = { MUSTER_VERSION: version(), ...env };
process.exitCode = await run(
  process.argv.slice(2),
  new Terminal(process.stdout, process.stderr, environment),
  environment,
);

/** Of the bundle; beside the sources there is the workspace's own. */
function version(): string {
  for (const place of ['./package.json', '../package.json']) {
    try {
      return (JSON.parse(readFileSync(new URL(place, import.meta.url), 'utf8')) as { version: string }).version;
    } catch {
      // Look in the next place.
    }
  }
  return 'unknown';
}
