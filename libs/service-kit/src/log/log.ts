import { currentCorrelationId } from '@muster/bus';
import { type Log, processLog } from './process-log';

export { Log } from './process-log';

/** The log of a service, with the correlation id of what it works on. */
export function createLog(service: string, level: string, destination?: { write(line: string): void }): Log {
  const more = (): object => {
    const correlationId = currentCorrelationId();
    return correlationId === undefined ? {} : { correlationId };
  };
  return processLog(service, level, { destination, more });
}
