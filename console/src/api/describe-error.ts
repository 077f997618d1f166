import type { MessageId } from '../messages/languages';
import type { TextOf } from '../messages/use-text';
import type { ApiError, ApiErrorCode } from './api-error';

const TITLES: Readonly<Partial<Record<ApiErrorCode, MessageId>>> = {
  'invalid-input': 'errors.invalidInput',
  'not-signed-in': 'errors.notSignedIn',
  'sign-in-failed': 'errors.signInFailed',
  'password-change-required': 'errors.passwordChangeRequired',
  'csrf-refused': 'errors.csrfRefused',
  'permission-denied': 'errors.permissionDenied',
  'request-refused': 'errors.requestRefused',
  'not-found': 'errors.notFound',
  conflict: 'errors.conflict',
  'too-large': 'errors.tooLarge',
  'locked-out': 'errors.lockedOut',
  'too-many-requests': 'errors.tooManyRequests',
  unavailable: 'errors.unavailable',
  unreachable: 'errors.unreachable',
};

/** What the console itself can say better than the server's general sentence, in the viewer's language. */
const DETAILS: Readonly<Partial<Record<ApiErrorCode, MessageId>>> = {
  'sign-in-failed': 'errors.signInFailedDetail',
  'csrf-refused': 'errors.csrfRefusedDetail',
  'permission-denied': 'errors.permissionDeniedDetail',
  'locked-out': 'errors.lockedOutDetail',
  'too-many-requests': 'errors.tooManyRequestsDetail',
  unavailable: 'errors.unavailableDetail',
  unreachable: 'errors.unreachableDetail',
};

/** Title and sentence for a failure. Faults that no field shows are named in the sentence. */
export function describeError(t: TextOf, error: ApiError, shownFields: readonly string[] = []) {
  const detail = DETAILS[error.code];
  const others = (error.details.faults ?? []).filter(
    ({ field }) => !shownFields.includes(field.split(/[.[]/)[0] ?? ''),
  );
  const faults = others.map(({ field, problem }) => `${field}: ${problem}`).join('; ');
  return {
    title: t(TITLES[error.code] ?? 'errors.internal'),
    detail: detail ? t(detail) : faults || error.message,
  };
}
