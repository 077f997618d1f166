import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFileIfThere, replaceFile } from '../state/files';

/** The key that this device is. Made here, never leaves; P-256, PKCS #8 PEM, readable by the agent's user only. */
export function loadOrMakeKey(path: string): KeyObject {
  const kept = readFileIfThere(path);
  if (kept !== undefined) return createPrivateKey(kept);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  replaceFile(path, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), 0o600);
  return privateKey;
}
