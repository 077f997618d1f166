/** Exit codes, as `sysexits.h` names them; 1 is kept for "it ran, and what it looked at is not well". */
export const EXIT = {
  ok: 0,
  /** The command did its work and found faults. */
  faults: 1,
  /** EX_USAGE: the command line is wrong. */
  usage: 64,
  /** EX_DATAERR: a given file or token is damaged or does not fit. */
  data: 65,
  /** EX_NOINPUT: a named file, service or device is not there. */
  missing: 66,
  /** EX_UNAVAILABLE: something that is needed does not run or does not answer. */
  unavailable: 69,
  /** EX_SOFTWARE: a fault of `muster` itself. */
  software: 70,
  /** EX_CANTCREAT: a file cannot be written. */
  cannotCreate: 73,
  /** EX_TEMPFAIL: the same may succeed later. */
  later: 75,
  /** EX_NOPERM: the rights do not suffice. */
  noPermission: 77,
  /** EX_CONFIG: the installation is not set up, or contradicts itself. */
  config: 78,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What each code means, for the help and the documentation. */
export const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'done, and nothing is wrong',
  faults: 'done, and something is wrong: faults were found',
  usage: 'the command line is wrong',
  data: 'a given file or token is damaged or does not fit',
  missing: 'a named file, service or device is not there',
  unavailable: 'something that is needed does not run or does not answer',
  software: 'a fault of muster itself',
  cannotCreate: 'a file cannot be written',
  later: 'not now: the same may succeed later',
  noPermission: 'the rights do not suffice',
  config: 'the installation is not set up, or contradicts itself',
};

/** An end that was foreseen: one sentence, what to do, and the exit code. */
export class CliError extends Error {
  constructor(
    readonly exitCode: ExitCode,
    sentence: string,
    readonly remedy?: string,
    options?: { cause?: unknown },
  ) {
    super(sentence, options);
    this.name = 'CliError';
  }
}
