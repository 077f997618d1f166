import { AppError } from '@muster/contracts';

export const PASSWORD_LEAST = 12;
/** Fewest different characters: keeps out `aaaaaaaaaaaa` and `abababababab`. */
const DIFFERENT_LEAST = 5;

/** Long enough to pass the length rule, and in every list that guessers start with. Compared without case, digits at
 * the end, or punctuation. */
const COMMON = new Set([
  'passwordpassword',
  'password',
  'passwort',
  'passw0rd',
  'p4ssw0rd',
  'letmein',
  'letmeinplease',
  'administrator',
  'administratorpassword',
  'adminadminadmin',
  'adminpassword',
  'changeme',
  'changemenow',
  'changemeplease',
  'changeit',
  'welcome',
  'welcomewelcome',
  'iloveyou',
  'iloveyousomuch',
  'qwertyuiop',
  'qwertyuiopasdf',
  'qwertyqwerty',
  'qwertzuiop',
  'qazwsxedcrfv',
  'zaqxswcdevfr',
  'asdfghjkl',
  'asdfasdfasdf',
  'zxcvbnm',
  'qwerty',
  'correcthorsebatterystaple',
  'trustno',
  'sunshine',
  'football',
  'baseball',
  'superman',
  'masterpassword',
  'defaultpassword',
  'temporarypassword',
  'mysecretpassword',
  'supersecretpassword',
  'topsecret',
  'muster',
  'mustermuster',
  'companypassword',
]);
const SEQUENCES = ['0123456789012345678901234567890', 'abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz'];

/**
 * The rules for a new password (after NIST SP 800-63B: length and a deny list, no composition).
 * @throws AppError `invalid-input` with every rule that it breaks
 */
export function checkNewPassword(password: string, person: { email: string; current?: string }): void {
  const problems = broken(password, person);
  if (problems.length === 0) return;
  throw new AppError('invalid-input', `The new password ${problems.join(', and ')}.`, {
    faults: problems.map((problem) => ({ field: 'newPassword', problem })),
  });
}

function broken(password: string, person: { email: string; current?: string }): string[] {
  const lower = password.toLowerCase();
  const email = person.email.toLowerCase();
  const problems: string[] = [];
  if ([...password].length < PASSWORD_LEAST) problems.push(`must have at least ${PASSWORD_LEAST} characters`);
  if (lower === email || lower === email.split('@')[0]) problems.push('must not be the e-mail address');
  if (person.current !== undefined && password === person.current) problems.push('must differ from the old one');
  if (new Set(lower).size < DIFFERENT_LEAST) problems.push('repeats too few characters');
  else if (isCommon(lower)) problems.push('is one of the first that a guesser tries');
  return problems;
}

function isCommon(lower: string): boolean {
  const bare = lower.replace(/[^a-z0-9]/g, '');
  const stem = bare.replace(/\d+$/, '');
  return COMMON.has(bare) || COMMON.has(stem) || SEQUENCES.some((sequence) => sequence.includes(bare));
}
