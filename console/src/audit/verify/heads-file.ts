import type { AuditHead } from '@muster/contracts';

/** Why a file of exported heads cannot be used. */
export class HeadsFileError extends Error {
  override readonly name = 'HeadsFileError';
}

/**
 * Heads out of a file that was exported as JSON: the list itself, or a page of the API. What is in them is judged by the
 * server; here only their form is, so that a wrong file is named before it is sent.
 *
 * @throws HeadsFileError when it is something else
 */
export function readHeads(text: string): AuditHead[] {
  const parsed = parse(text);
  const list: unknown = isObject(parsed) ? parsed['heads'] : parsed;
  if (!Array.isArray(list) || list.length === 0) throw new HeadsFileError('empty');
  return list.map((head: unknown) => {
    if (!isHead(head)) throw new HeadsFileError('not a head');
    const { payload, signature, delegation } = head;
    return { payload, signature, delegation };
  });
}

/** The entry that a head is about; 0 when it does not say, as the server takes it. */
export function numberOf({ payload }: AuditHead): number {
  const parsed = isJson(payload);
  const number = isObject(parsed) ? parsed['number'] : undefined;
  return typeof number === 'number' && Number.isFinite(number) ? number : 0;
}

function parse(text: string): unknown {
  const parsed = isJson(text.replace(/^\ufeff/, ''));
  if (parsed === undefined) throw new HeadsFileError('not JSON');
  return parsed;
}

function isJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isHead = (value: unknown): value is AuditHead =>
  isObject(value) &&
  typeof value['payload'] === 'string' &&
  typeof value['signature'] === 'string' &&
  Array.isArray(value['delegation']) &&
  value['delegation'].every((one) => typeof one === 'string');
