import { type ReactNode, useState } from 'react';
import { Button, type MantineSize } from '@mantine/core';
import type { UseFormInput, UseFormReturnType } from '@mantine/form';
import type { Route, RouteReply } from '@muster/contracts';
import type { CallArgs } from '../api/client';
import { useWrite } from '../api/use-api';
import { useText } from '../messages/use-text';
import { Dialog } from './dialog';
import { Failure } from './failure';
import classes from './form.module.css';
import { useFaultForm } from './use-fault-form';

interface FormProps<C extends Route, T extends Record<string, unknown>> {
  /** What is called with the values. */
  route: C;
  /** Replies that are read anew when it succeeded. */
  refresh: readonly Route[];
  /** Called each time that the dialog opens. */
  initialValues: () => T;
  validate?: UseFormInput<T>['validate'];
  /** The verb of the action. */
  submit: string;
  toCall: (values: T) => CallArgs<C>;
  onDone: (reply: RouteReply<C>) => void;
  onClose: () => void;
  /** The fields. */
  children: (form: UseFormReturnType<T>) => ReactNode;
}
interface FormDialogProps<C extends Route, T extends Record<string, unknown>> extends FormProps<C, T> {
  opened: boolean;
  title: string;
  size?: MantineSize;
}

/** A dialog with a form that calls one route: it starts afresh each time, and its fields show the server's faults. */
export function FormDialog<C extends Route, T extends Record<string, unknown>>({
  opened,
  title,
  size,
  ...form
}: FormDialogProps<C, T>) {
  return (
    <Dialog opened={opened} onClose={form.onClose} title={title} size={size}>
      <DialogForm {...form} />
    </Dialog>
  );
}

function DialogForm<C extends Route, T extends Record<string, unknown>>({
  route,
  refresh,
  initialValues,
  validate,
  submit,
  toCall,
  onDone,
  onClose,
  children,
}: FormProps<C, T>) {
  const t = useText();
  const write = useWrite(route, refresh);
  const [initial] = useState(initialValues);
  const { form, showFaults } = useFaultForm<T>({ initialValues: initial, validate });
  const send = (values: T) => write.mutate(toCall(values), { onSuccess: onDone, onError: showFaults });
  return (
    <form className={classes.form} onSubmit={form.onSubmit(send)} noValidate>
      {write.error && <Failure error={write.error} shownFields={Object.keys(form.values)} />}
      {children(form)}
      <div className={classes.buttons}>
        <Button variant="default" onClick={onClose}>
          {t('app.cancel')}
        </Button>
        <Button type="submit" loading={write.isPending}>
          {submit}
        </Button>
      </div>
    </form>
  );
}
