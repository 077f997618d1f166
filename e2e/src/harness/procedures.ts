import {
  createProcedure,
  ENDED_STATES,
  listDevices,
  listOperations,
  type Operation,
  readOperation,
  readOutput,
  runProcedure,
} from '@muster/contracts';
import type { Api } from './api';
import { until } from './stack';

/** The machine that the stack enrolled. */
export async function localDevice(api: Api): Promise<{ id: string; name: string }> {
  const { devices } = await api.call(listDevices, { query: { presence: 'online', sort: 'enrolledAt' } });
  const [first] = devices;
  if (!first) throw new Error('no device is online');
  return first;
}

/** Starts a script on a device. @returns the operation */
export async function start(api: Api, deviceId: string, script: string, timeLimitSeconds = 60): Promise<Operation> {
  const name = `test ${Math.random().toString(36).slice(2, 10)}`;
  const procedure = await api.call(createProcedure, {
    body: { name, description: '', language: 'sh', script, parameters: [], timeLimitSeconds },
  });
  const batch = await api.call(runProcedure, { body: { procedureId: procedure.id, deviceIds: [deviceId] } });
  const { operations } = await api.call(listOperations, { query: { batchId: batch.id } });
  const [operation] = operations;
  if (!operation) throw new Error('the request made no operation');
  return operation;
}

export async function untilEnded(api: Api, id: string, seconds = 60): Promise<Operation> {
  let last: Operation | undefined;
  await until(
    `operation ${id} has ended (${last?.state})`,
    async () => {
      last = await api.call(readOperation, { params: { id } });
      return ENDED_STATES.includes(last.state);
    },
    seconds,
  ).catch((error: Error) => {
    throw new Error(`${error.message}; it is ${last?.state}: ${last?.reason}`, { cause: error });
  });
  if (!last) throw new Error('unreachable');
  return last;
}

/** What an operation printed; of one that has ended everything, which may arrive after the news of its end. */
export async function outputOf(api: Api, id: string): Promise<string> {
  let text = '';
  await until(`all output of ${id} is there`, async () => {
    const { deviceId, outputPieces = 0 } = await api.call(readOperation, { params: { id } });
    const { pieces } = await api.call(readOutput, { params: { id: deviceId, operationId: id } });
    text = pieces.map((piece) => piece.text).join('');
    return pieces.length >= outputPieces;
  });
  return text;
}
