/**
 * The work's outcome, or a rejection as soon as the link to NATS is lost: the library lets a request that was on its
 * way when the connection broke run into its timeout.
 */
export function unlessLost<T>(lost: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const gone = (): void => reject(lost.reason as Error);
    lost.addEventListener('abort', gone, { once: true });
    work.then(resolve, reject).finally(() => lost.removeEventListener('abort', gone));
  });
}
