import { EXIT, type ExitCode } from '../core/exit-codes';
import type { Terminal } from '../core/terminal';
import type { Check, Finding } from './finding';

/** Runs checks side by side; findings come in the order of the checks. One that fails by itself says so as a fault. */
export async function runChecks(checks: readonly Check[]): Promise<Finding[]> {
  const found = await Promise.all(
    checks.map(async (check): Promise<Finding[]> => {
      try {
        return await check.run();
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        const sentence = `The check "${check.name}" could not be made: ${reason}`;
        return [{ check: check.name, verdict: 'fault', code: 'check-failed', sentence }];
      }
    }),
  );
  return found.flat();
}

export const exitCodeOf = (findings: readonly Finding[]): ExitCode =>
  findings.some(({ verdict }) => verdict === 'fault') ? EXIT.faults : EXIT.ok;

const MARKS = { ok: ['green', 'ok     '], warning: ['yellow', 'warning'], fault: ['red', 'FAULT  '] } as const;

/** One line for each finding, the remedy below it; what is wrong last, where a person looks. */
export function inWords(findings: readonly Finding[], terminal: Terminal, { all = true } = {}): string {
  const rank = { ok: 0, warning: 1, fault: 2 };
  return findings
    .filter(({ verdict }) => all || verdict !== 'ok')
    .sort((one, other) => rank[one.verdict] - rank[other.verdict])
    .map(({ verdict, sentence, remedy, code }) => {
      const [colour, mark] = MARKS[verdict];
      const line = `${terminal.colour(colour, mark)} ${sentence}${code ? ` [${code}]` : ''}`;
      return remedy ? `${line}\n          ${remedy}` : line;
    })
    .join('\n');
}

export function summary(findings: readonly Finding[]): string {
  const count = (verdict: Finding['verdict']): number => findings.filter((one) => one.verdict === verdict).length;
  const [faults, warnings] = [count('fault'), count('warning')];
  if (faults + warnings === 0) return `All ${findings.length} checks are well.`;
  return `${faults} ${faults === 1 ? 'fault' : 'faults'}, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}, ${count('ok')} well.`;
}
