import { AppError } from '@muster/contracts';
import { NotIdentified } from '../clients/not-identified';
import type { ErrorStyle, PushReply } from '../http/reply';

/** An answer of ejabberd 23 that is not one of its error objects: a JSON string. */
class Refusal extends Error {}

const object = (status: number, code: number, message: string): PushReply => ({
  status,
  body: JSON.stringify({ status: 'error', code, message }),
});
const text = (status: number, message: string): PushReply => ({ status, body: JSON.stringify(message) });

/** Errors as ejabberd's mod_http_api words them; those that it does not know in the same form. */
export const ejabberdErrors: ErrorStyle = (error, correlationId) => {
  const { cause, retryAfterSeconds } = error.details;
  if (cause instanceof Refusal) return text(error.status, cause.message);
  if (cause instanceof SyntaxError) return text(400, '400 Bad Request');
  if (cause instanceof NotIdentified) return notIdentified(cause);
  switch (error.code) {
    case 'permission-denied':
      return notAllowed();
    case 'not-found':
      return object(404, 40, 'Endpoint not found.');
    case 'method-not-allowed':
      return object(400, 40, 'Missing command name.');
    default: {
      const headers = retryAfterSeconds !== undefined && { headers: { 'retry-after': String(retryAfterSeconds) } };
      return { ...object(error.status, error.status, `${error.message} (${correlationId})`), ...headers };
    }
  }
};

const notAllowed = (): PushReply =>
  object(403, 32, 'AccessRules: Account does not have the right to perform the operation.');

function notIdentified({ by }: NotIdentified): PushReply {
  if (by === undefined) return notAllowed();
  return object(
    401,
    10,
    by === 'bearer' ? 'Oauth Token is invalid or expired.' : 'You are not authorized to call this command.',
  );
}

/** @throws AppError that `ejabberdErrors` turns into this text with status 400 */
export function refuse(message: string): never {
  throw new AppError('invalid-input', message, { cause: new Refusal(message) });
}
