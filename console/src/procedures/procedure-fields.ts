/** What the form holds; the time limit in minutes, as people think of it. */
export interface ProcedureFields extends Record<string, unknown> {
  name: string;
  description: string;
  language: string;
  script: string;
  minutes: number;
  parameters: ParameterFieldsOf[];
}
export interface ParameterFieldsOf {
  name: string;
  label: string;
  required: boolean;
  defaultValue: string;
}

/** As the contract has it: the name becomes an environment variable. */
export const PARAMETER_NAME = /^[a-z][a-z0-9_]{0,63}$/;
export const MOST_PARAMETERS = 32;
