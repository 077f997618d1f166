/**
 * Parameters for `unnest` as text that needs no quoting, at either end. An array of strings is quoted element by element
 * by pg and taken apart by PostgreSQL with as much care, which for JSON costs more than storing it.
 */

/** An array of uuids, numbers or times, such as `$1::uuid[]` takes. Never of text from outside: nothing is quoted. */
export const bareArray = (values: ReadonlyArray<string | number>): string => `{${values.join(',')}}`;

/** An array of JSON texts as JSON.stringify writes them, without line breaks; see `jsonLinesArray`. */
export const jsonLines = (texts: readonly string[]): string => texts.join('\n');

/** SQL that makes of a parameter with `jsonLines` the array that it was; empty for none. */
export const jsonLinesArray = (parameter: `$${number}`): string => `string_to_array(${parameter}, E'\\n')::json[]`;
