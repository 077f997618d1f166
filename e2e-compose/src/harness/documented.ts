import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { project } from './commands';

const page = readFileSync(join(project, 'docs/system-administration/doctor-messages.md'), 'utf8');
const documented = new Set([...page.matchAll(/^\| `([\w-]+)` \| warning \|/gm)].map(([, code]) => code));

/**
 * Warnings without an entry on doctor's page. Those with one may come and go with the ground of the tests, which is smaller
 * than a server's; faults may not.
 */
export const undocumented = (warnings: readonly string[]): string[] => warnings.filter((code) => !documented.has(code));
