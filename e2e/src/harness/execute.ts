import { execFile } from 'node:child_process';

export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** As on a machine without anything of this one in its environment. */
const ENVIRONMENT = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive' };

/** Runs a program to its end, whatever that is. */
export const execute = (program: string, given: string[], env: NodeJS.ProcessEnv = ENVIRONMENT): Promise<Ended> =>
  new Promise((resolve) => {
    execFile(program, given, { env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr }),
    );
  });
