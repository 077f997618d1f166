/** A fleet of light devices for load runs: an entry of its own, which only benches and end-to-end tests import. */
export { HttpConnection, type LoadDial, type LoadReply } from './http-connection';
export { Ledger, storedRows } from './ledger';
export { LoadDevice, type LoadFront, type Sent } from './load-device';
export { type OpenLoop, openLoop, percentile } from './open-loop';
export { type LoadBatch, ReportMaker } from './report-maker';
