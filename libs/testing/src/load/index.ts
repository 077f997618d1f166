/** A fleet of light devices for load runs: an entry of its own, which only benches and end-to-end tests import. */
export { HttpConnection, type LoadDial, type LoadReply } from './http-connection';
export { Ledger } from './ledger';
export { LOAD_KINDS, type LoadBatch, type LoadKind } from './load-batch';
export { LoadDevice, type LoadFront, type Sent } from './load-device';
export { type OpenLoop, openLoop, percentile } from './open-loop';
export { ReportMaker } from './report-maker';
export { doubledRows, madeRows, otherDigests, type Rows, sendLostSections, storedRows } from './stored';
