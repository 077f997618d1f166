import { type Group, listGroups } from '@muster/contracts';
import { useQuery } from '@tanstack/react-query';
import { ApiError } from '../api/api-error';
import { api } from '../api/client';

const PAGE = 200;

/** One group. The contracts have no route for one, so that the list is read until it is found. */
export const useGroup = (id: string) =>
  useQuery<Group, ApiError>({
    queryKey: [listGroups.path, 'one', { id }],
    queryFn: async ({ signal }) => {
      for (let page = 1; ; page++) {
        const { groups, total } = await api.call(listGroups, { query: { page, size: PAGE } }, signal);
        const found = groups.find((group) => group.id === id);
        if (found) return found;
        if (groups.length < PAGE || page * PAGE >= total) throw new ApiError('not-found', '');
      }
    },
  });
