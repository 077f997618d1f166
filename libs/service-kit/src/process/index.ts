/** What a process needs that has neither bus nor routes: none of this loads Nest, NATS or PostgreSQL. */
export { configurationTable } from '../config/configuration-table';
export { loadConfig } from '../config/load-config';
export { Health } from '../health/health';
export { Log, processLog } from '../log/process-log';
export { Metrics } from '../metrics/metrics';
