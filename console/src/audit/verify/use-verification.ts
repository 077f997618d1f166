import { useEffect, useRef, useState } from 'react';
import { type AuditHead, verifyAudit } from '@muster/contracts';
import { ApiError } from '../../api/api-error';
import { api } from '../../api/client';
import { type Verification, verifyChain } from './verify-chain';

export interface Running {
  busy: boolean;
  sofar: Verification | undefined;
  error: ApiError | undefined;
}

/** Runs a verification, one at a time; it ends when it is stopped or the page is left. */
export function useVerification() {
  const [state, setState] = useState<Running>({ busy: false, sofar: undefined, error: undefined });
  const current = useRef<AbortController>(undefined);
  useEffect(() => () => current.current?.abort(), []);

  const start = async (heads: readonly AuditHead[]) => {
    const abort = new AbortController();
    current.current?.abort();
    current.current = abort;
    setState({ busy: true, sofar: undefined, error: undefined });
    const tell = (change: Partial<Running>) => {
      if (!abort.signal.aborted) setState((now) => ({ ...now, ...change }));
    };
    try {
      const call = (body: Parameters<typeof api.call<typeof verifyAudit>>[1]['body']) =>
        api.call(verifyAudit, { body }, abort.signal);
      const sofar = await verifyChain(
        call,
        heads,
        (reached) => tell({ sofar: reached }),
        () => abort.signal.aborted,
      );
      tell({ busy: false, sofar });
    } catch (error) {
      tell({ busy: false, error: error instanceof ApiError ? error : new ApiError('internal', String(error)) });
    }
  };
  const stop = () => {
    current.current?.abort();
    setState((now) => ({ ...now, busy: false }));
  };
  return { ...state, start, stop };
}
