/** Of `.test` (RFC 6761): no DNS knows it. */
export const ITSM_DOMAIN = 'itsm.muster.test';
