import { env } from 'node:process';

/** Where Windows is; on another drive than C: where somebody installed it so. The system tells it in no other way. */
export const SYSTEM_ROOT = env['SystemRoot'] ?? 'C:\\Windows';
export const POWERSHELL_FOLDER = `${SYSTEM_ROOT}\\System32\\WindowsPowerShell\\v1.0`;
export const PROGRAM_DATA = env['ProgramData'] ?? 'C:\\ProgramData';

/** What programs of Windows expect in their environment, whoever runs them; nothing else of the agent's own. */
const INHERITED = [
  'ALLUSERSPROFILE',
  'APPDATA',
  'CommonProgramFiles',
  'CommonProgramFiles(x86)',
  'CommonProgramW6432',
  'COMPUTERNAME',
  'ComSpec',
  'LOCALAPPDATA',
  'NUMBER_OF_PROCESSORS',
  'OS',
  'PATHEXT',
  'PROCESSOR_ARCHITECTURE',
  'ProgramData',
  'ProgramFiles',
  'ProgramFiles(x86)',
  'ProgramW6432',
  'PSModulePath',
  'PUBLIC',
  'SystemDrive',
  'windir',
];
export const inheritedEnvironment = (): Record<string, string> =>
  Object.fromEntries(INHERITED.flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
