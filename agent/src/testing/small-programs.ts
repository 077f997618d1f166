import { join, resolve } from 'node:path';
import { rolldown } from 'rolldown';

const PROJECT = resolve(import.meta.dirname, '../..');

/** Makes a program of a file of this folder that Node.js can run, so that tests can kill it. @returns its path */
export async function smallProgram(name: string, folder: string): Promise<string> {
  const bundle = await rolldown({
    input: join(import.meta.dirname, `${name}.ts`),
    platform: 'node',
    tsconfig: join(PROJECT, 'tsconfig.json'),
  });
  const file = join(folder, `${name}.mjs`);
  await bundle.write({ file, format: 'esm', codeSplitting: false });
  await bundle.close();
  return file;
}
