import {
  createProcedure,
  ENDED_STATES,
  listOperations,
  type Operation,
  type Presence,
  readDevice,
  readOperation,
  readOutput,
  runProcedure,
} from '@muster/contracts';
import type { Api } from './api';
import { until } from './commands';

export const presenceOf = async (api: Api, id: string): Promise<Presence> =>
  (await api.call(readDevice, { params: { id } })).presence;

/** Patiently: a device that found nobody for a minute waits for up to four before it tries again. */
export const untilPresence = (api: Api, id: string, wanted: readonly Presence[], seconds = 360): Promise<void> =>
  until(`the device is ${wanted.join(' or ')}`, async () => wanted.includes(await presenceOf(api, id)), seconds);

/** Runs a script on a device, waits for its end and reads what it printed. */
export async function runOn(
  api: Api,
  deviceId: string,
  script: string,
  seconds = 120,
): Promise<{ operation: Operation; output: string }> {
  const name = `test ${Math.random().toString(36).slice(2, 10)}`;
  const body = { name, description: '', language: 'sh', script, parameters: [], timeLimitSeconds: 60 };
  const procedure = await api.call(createProcedure, { body });
  const batch = await api.call(runProcedure, { body: { procedureId: procedure.id, deviceIds: [deviceId] } });
  const { operations } = await api.call(listOperations, { query: { batchId: batch.id } });
  const id = operations[0]?.id;
  if (!id) throw new Error('the request made no operation');
  let operation = await api.call(readOperation, { params: { id } });
  await until(
    `the operation ended`,
    async () => {
      operation = await api.call(readOperation, { params: { id } });
      if (!ENDED_STATES.includes(operation.state)) throw new Error(`it is ${operation.state}`);
      return true;
    },
    seconds,
  );
  return { operation, output: await outputOf(api, operation) };
}

/** Everything that an operation printed, which may arrive after the news of its end. */
export async function outputOf(api: Api, { id, deviceId }: Operation): Promise<string> {
  let text = '';
  await until('all of its output is there', async () => {
    const { outputPieces = 0 } = await api.call(readOperation, { params: { id } });
    const { pieces } = await api.call(readOutput, { params: { id: deviceId, operationId: id } });
    text = pieces.map((piece) => piece.text).join('');
    return pieces.length >= outputPieces;
  });
  return text;
}
