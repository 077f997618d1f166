/** PostgreSQL `bigint` as a number: sequences, epochs and versions here stay below 2^53. */
export const bigint = {
  to: (value: number | null | undefined) => value,
  from: (value: string | null) => (value === null ? null : Number(value)),
};
