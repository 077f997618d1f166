import { type Row, rowsOf } from '../../formats/json';
import type { Machine } from '../../machine/machine';

/**
 * Runs an expression of Windows PowerShell 5.1 and takes its objects as rows of JSON. The expression is fixed text of ours: what
 * a device contains never becomes part of it.
 */
export async function powershell(machine: Machine, expression: string): Promise<Row[]> {
  const script = [
    "$ErrorActionPreference = 'Stop'",
    '$ProgressPreference = "SilentlyContinue"',
    '[Console]::OutputEncoding = [Text.Encoding]::UTF8',
    // As an input object, so that one object is a list too.
    `ConvertTo-Json -Compress -Depth 4 -InputObject @(${expression})`,
  ].join('; ');
  const given = ['-NoLogo', '-NoProfile', '-NonInteractive', '-ExecutionPolicy', 'Bypass', '-Command', script];
  const text = await machine.commands.run('powershell', given, { timeoutMs: 120_000 });
  const rows: unknown = JSON.parse(text.replace(/^\ufeff/, '').trim() || '[]');
  return rowsOf([rows].flat());
}

/** `Get-CimInstance` with the properties that are wanted; dates as text, since PowerShell 5.1 has a notation of its own. */
export const cim = (from: string, properties: readonly string[], dates: readonly string[] = []): string => {
  const written = dates.map((name) => `@{n='${name}';e={if($_.${name}){$_.${name}.ToUniversalTime().ToString('o')}}}`);
  return `Get-CimInstance ${from} | Select-Object ${[...properties, ...written].join(',')}`;
};
