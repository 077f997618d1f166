import { type Commands, dockerCommand } from '../../site/commands';

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
/** The engine walks through every volume. */
const PATIENCE_MS = 300_000;

interface Listed {
  Name?: string;
  Size?: string;
}

/** Bytes that these volumes take, as the engine says it; 0 for those of which it does not. */
export async function volumeBytes(names: readonly string[], commands: Commands): Promise<number> {
  if (names.length === 0) return 0;
  const args = ['system', 'df', '--verbose', '--format', '{{json .Volumes}}'];
  const reply = await commands.try(dockerCommand(args), { timeoutMs: PATIENCE_MS });
  if (reply.code !== 0) return 0;
  const sizes = listIn(reply.output)
    .filter(({ Name }) => names.includes(Name ?? ''))
    .map(({ Size }) => bytesIn(Size ?? ''));
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}

function listIn(output: string): Listed[] {
  try {
    const read: unknown = JSON.parse(output);
    return Array.isArray(read) ? (read as Listed[]) : [];
  } catch {
    return []; // another engine says it in another way
  }
}

/** As Docker writes sizes: `61.5MB`, in powers of ten. */
export function bytesIn(size: string): number {
  const [, number = '0', unit = 'B'] = /^([\d.]+)\s*([a-zA-Z]*)$/.exec(size.trim()) ?? [];
  return Math.round(Number(number) * 1000 ** Math.max(0, UNITS.indexOf(unit)));
}
