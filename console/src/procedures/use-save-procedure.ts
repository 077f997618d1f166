import {
  createProcedure,
  listProcedures,
  type Procedure,
  readProcedure,
  type SaveProcedure,
  updateProcedure,
} from '@muster/contracts';
import type { ApiError } from '../api/api-error';
import { useWrite } from '../api/use-api';

/** Creates a procedure, or changes the one with the given id. */
export function useSaveProcedure(id: string | undefined, onSaved: (saved: Procedure) => void) {
  const create = useWrite(createProcedure, [listProcedures]);
  const update = useWrite(updateProcedure, [listProcedures, readProcedure]);
  const save = (body: SaveProcedure, onError: (error: ApiError) => void) => {
    const outcome = { onSuccess: onSaved, onError };
    if (id === undefined) create.mutate({ body }, outcome);
    else update.mutate({ params: { id }, body }, outcome);
  };
  const used = id === undefined ? create : update;
  return { save, error: used.error, pending: used.isPending };
}
