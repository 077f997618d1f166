/** `XMPP_FUZZ_RUNS=1000000 XMPP_FUZZ_SEED=7 npm run fuzz:push-broker` for long ones. */
export const runsOr = (usual: number): number => Number(process.env['XMPP_FUZZ_RUNS'] ?? usual);
export const SEED = Number(process.env['XMPP_FUZZ_SEED'] ?? 20_261_121);
