import { readOutput } from '@muster/contracts';
import { api } from '../../api/client';

/** Saves the whole stored output, both streams in their order, byte for byte as the device sent it. */
export async function downloadOutput(operationId: string, deviceName: string): Promise<void> {
  const parts: string[] = [];
  for (let from = 0; ;) {
    const { pieces, more } = await api.call(readOutput, { params: { id: operationId }, query: { from } });
    parts.push(...pieces.map(({ text }) => text));
    const last = pieces.at(-1);
    if (!more || !last) break;
    from = last.number + 1;
  }
  const url = URL.createObjectURL(new Blob(parts, { type: 'text/plain;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `${deviceName.replace(/[^A-Za-z0-9._-]/g, '_')}-${operationId}.txt`;
  link.click();
  // The browser has taken over the data by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
