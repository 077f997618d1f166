import { AppError, type FaultDetail, type ParameterValue, type ProcedureParameter } from '@muster/contracts';

/**
 * The value of each parameter that a procedure has: as given, else its default. Devices set each as `MUSTER_<NAME>`.
 * @throws AppError `invalid-input` with every fault: unknown or repeated names, required ones without a value
 */
export function valuesOf(declared: readonly ProcedureParameter[], given: readonly ParameterValue[]): ParameterValue[] {
  const faults: FaultDetail[] = [];
  const values = new Map<string, string>();
  for (const { name, value } of given) {
    const field = `parameters.${name}`;
    if (!declared.some((parameter) => parameter.name === name)) {
      faults.push({ field, problem: 'is not a parameter of this procedure' });
    } else if (values.has(name)) faults.push({ field, problem: 'is given twice' });
    values.set(name, value);
  }
  const all = declared.map(({ name, label, required, defaultValue }) => {
    const value = values.get(name) ?? defaultValue ?? '';
    if (required && value === '') faults.push({ field: `parameters.${name}`, problem: `${label || name} is required` });
    return { name, value };
  });
  if (faults.length > 0) throw new AppError('invalid-input', 'The parameters do not fit this procedure.', { faults });
  return all;
}
