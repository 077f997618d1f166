import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Language } from '@muster/contracts';
import type { Interpreter } from './platform';

type Candidate = [program: string, ...argumentsBeforeScript: string[]];
const POWERSHELL = ['-NoLogo', '-NoProfile', '-NonInteractive', '-ExecutionPolicy', 'Bypass', '-File'];

/** In order of preference. `-u`: Python's output arrives while it runs. */
const CANDIDATES: Record<Language, { extension: string; programs: Candidate[] }> = {
  sh: { extension: 'sh', programs: [['sh']] },
  bash: { extension: 'sh', programs: [['bash']] },
  python: {
    extension: 'py',
    programs: [
      ['python3', '-u'],
      ['python', '-u'],
    ],
  },
  powershell: {
    extension: 'ps1',
    programs: [
      ['pwsh', ...POWERSHELL],
      ['powershell', ...POWERSHELL],
    ],
  },
};

/** Looks an interpreter up in the given search path, never in the current folder. */
export function findInterpreter(language: Language, searchPath: string, suffixes = ['']): Interpreter | undefined {
  const { extension, programs } = CANDIDATES[language];
  for (const [name, ...rest] of programs) {
    for (const folder of searchPath.split(delimiter).filter(Boolean)) {
      const program = suffixes.map((suffix) => join(folder, name + suffix)).find(isExecutable);
      if (program) return { program, arguments: rest, extension };
    }
  }
  return undefined;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
