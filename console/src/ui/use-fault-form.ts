import { useForm, type UseFormInput } from '@mantine/form';
import type { ApiError } from '../api/api-error';

/** A form whose fields show the faults that the server found, by the field names of the contract. */
export function useFaultForm<T extends Record<string, unknown>>(input: UseFormInput<T>) {
  const form = useForm<T>({ mode: 'controlled', ...input });
  const showFaults = (error: ApiError) => {
    const faults = error.details.faults ?? [];
    form.setErrors(Object.fromEntries(faults.map(({ field, problem }) => [fieldPath(field), problem])));
  };
  return { form, showFaults };
}

/** `parameters[2].name` of the contracts is `parameters.2.name` in the form. */
const fieldPath = (field: string): string => field.replace(/\[(\d+)\]/g, '.$1');
