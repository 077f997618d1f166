import { type DeviceSummary, listDevices } from '@muster/contracts';
import { CliError, EXIT } from '../core/exit-codes';
import type { Api } from './api';

const PAGE = 200;

/** A length of time such as `30d`, `12h` or `90m`, in milliseconds. @throws CliError */
export function duration(text: string): number {
  const found = /^(\d{1,5})([dhm])$/.exec(text);
  const units = { d: 86_400_000, h: 3_600_000, m: 60_000 };
  if (found) return Number(found[1]) * units[found[2] as keyof typeof units];
  throw new CliError(EXIT.usage, `"${text}" is no length of time.`, 'Write it as 30d, 12h or 90m.');
}

/** Devices without a contact for that long, those longest away first, read page by page from a place that does not move. */
export async function inactiveDevices(api: Api, milliseconds: number, now = Date.now()): Promise<DeviceSummary[]> {
  const before = now - milliseconds;
  const found: DeviceSummary[] = [];
  for (let after: string | undefined; ;) {
    const query = { sort: 'lastContactAt', direction: 'ascending', size: PAGE, ...(after ? { after } : {}) } as const;
    const page = await api.call(listDevices, { query });
    const old = page.devices.filter((device) => lastSeen(device) < before && !isThere(device));
    found.push(...old);
    const [last] = page.devices.slice(-1);
    if (!page.next || !last || lastSeen(last) >= before) return found;
    after = page.next;
  }
}

const lastSeen = ({ lastContactAt, enrolledAt }: DeviceSummary): number => Date.parse(lastContactAt ?? enrolledAt);
/** A broker out of reach is no reason to take a device for inactive. */
const isThere = ({ presence }: DeviceSummary): boolean => presence !== 'offline';
