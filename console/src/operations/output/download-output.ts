import { type Operation, readOutput } from '@muster/contracts';
import { api } from '../../api/client';
import { fileName, saveFile } from '../../ui/save-file';

/** Saves the whole stored output, both streams in their order, byte for byte as the device sent it. */
export async function downloadOutput({ id, deviceId, deviceName }: Operation): Promise<void> {
  const params = { id: deviceId, operationId: id };
  const parts: string[] = [];
  for (let from = 0; ;) {
    const { pieces, more } = await api.call(readOutput, { params, query: { from } });
    parts.push(...pieces.map(({ text }) => text));
    const last = pieces.at(-1);
    if (!more || !last) break;
    from = last.number + 1;
  }
  saveFile(parts, 'text/plain', fileName(deviceName, id, 'txt'));
}
