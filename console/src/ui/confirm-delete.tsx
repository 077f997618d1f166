import type { ReactNode } from 'react';
import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { Route } from '@muster/contracts';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from 'react-router';
import type { CallArgs } from '../api/client';
import { useWrite } from '../api/use-api';
import { useText } from '../messages/use-text';
import { useMay } from '../session/session-context';
import { ConfirmDialog } from './confirm-dialog';
import { useNotify } from './use-notify';

interface ConfirmDeleteProps<C extends Route> {
  route: C;
  call: CallArgs<C>;
  /** The verb, where it is not "delete". */
  verb?: string;
  title: string;
  /** What will happen, exactly. */
  children: ReactNode;
  /** Told when it is gone. */
  done: string;
  /** The list that it was in, where one goes then. */
  list: { to: string; route: Route };
  /** Further replies that are read anew. */
  refresh?: readonly Route[];
  onDone?: () => void;
}

/** The button by which the page's own subject goes for good, and the question before. Only for those who may. */
export function ConfirmDelete<C extends Route>({ route, call, list, refresh, ...props }: ConfirmDeleteProps<C>) {
  const t = useText();
  const may = useMay();
  const notify = useNotify();
  const navigate = useNavigate();
  const cache = useQueryClient();
  const [opened, { open, close }] = useDisclosure();
  const remove = useWrite(route, refresh);
  if (!may(route)) return null;
  const verb = props.verb ?? t('app.delete');
  const confirm = async () => {
    // Not a callback of the mutation: a live message may take the page away before that would be called.
    const gone = await remove.mutateAsync(call).then(
      () => true,
      () => false,
    );
    if (!gone) return;
    props.onDone?.();
    notify(props.done);
    // First away from the page of what is gone, then read the list anew.
    await navigate(list.to);
    await cache.invalidateQueries({ queryKey: [list.route.path] });
  };
  return (
    <>
      <Button variant="outline" color="danger" onClick={open}>
        {verb}
      </Button>
      <ConfirmDialog
        opened={opened}
        title={props.title}
        confirm={verb}
        dangerous
        pending={remove.isPending}
        error={remove.error}
        onConfirm={() => void confirm()}
        onClose={close}
      >
        {props.children}
      </ConfirmDialog>
    </>
  );
}
