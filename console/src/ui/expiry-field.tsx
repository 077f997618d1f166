import type { ReactNode } from 'react';
import { TextInput } from '@mantine/core';

interface ExpiryFieldProps {
  label: string;
  description?: string;
  required?: boolean;
  value?: string;
  /** Latest choosable time. */
  max?: Date;
  error?: ReactNode;
  onChange: (local: string) => void;
}

/** A point in time in the viewer's zone, with the browser's own picker: it knows the viewer's calendar and keyboard. */
export function ExpiryField({ value = '', max, onChange, ...input }: ExpiryFieldProps) {
  return (
    <TextInput
      {...input}
      type="datetime-local"
      value={value}
      max={max && toLocal(max)}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

/** `2026-11-21T09:30` in the viewer's zone. */
export function toLocal(at: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${date}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** The instant that a local date and time of the field means; undefined when it is empty or none. */
export function fromLocal(local: string): string | undefined {
  const at = new Date(local);
  return local === '' || Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}
