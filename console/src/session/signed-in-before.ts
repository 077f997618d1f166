const KEY = 'muster.signed-in-before';

/**
 * Whether the server may know a session of this browser; asking without one is a refusal that the browser logs as an
 * error. Says nothing about who it was. Where storage is refused, asking is the only way to know.
 */
export function signedInBefore(): boolean {
  try {
    return localStorage.getItem(KEY) !== null;
  } catch {
    return true;
  }
}

export function rememberSignedIn(signedIn: boolean): void {
  try {
    if (signedIn) localStorage.setItem(KEY, 'yes');
    else localStorage.removeItem(KEY);
  } catch {
    // Then the server is asked each time.
  }
}
