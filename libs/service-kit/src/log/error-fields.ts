/** How deep the chain of causes is followed. */
const DEEPEST = 5;

export interface ErrorFields {
  type: string;
  message: string;
  stack?: string;
  code?: string;
  constraint?: string;
  cause?: ErrorFields;
}

/**
 * What a log says of an error: these fields and no others. Drivers hang the statement and its parameters on their errors,
 * which may be secrets.
 */
export function errorFields(error: unknown, depth = 0): ErrorFields {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error) };
  const code = textOf(error, 'code') ?? textOf(driverErrorOf(error), 'code');
  const constraint = textOf(driverErrorOf(error), 'constraint');
  return {
    type: error.name,
    message: error.message,
    stack: error.stack,
    ...(code ? { code } : {}),
    ...(constraint ? { constraint } : {}),
    ...(error.cause !== undefined && depth < DEEPEST ? { cause: errorFields(error.cause, depth + 1) } : {}),
  };
}

const driverErrorOf = (error: Error): unknown => ('driverError' in error ? error.driverError : undefined);

function textOf(source: unknown, name: string): string | undefined {
  if (typeof source !== 'object' || source === null || !(name in source)) return undefined;
  const value: unknown = Reflect.get(source, name);
  return typeof value === 'string' ? value : undefined;
}
