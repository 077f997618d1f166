import { readFileSync } from 'node:fs';
import { AgentConfig, InvalidInput, parse } from '@muster/contracts';

/** Reads the configuration file. @throws Error that says what is wrong with it, all faults at once */
export function readConfig(path: string): AgentConfig {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`cannot read the configuration file ${path}`, { cause: error });
  }
  try {
    return parse(AgentConfig, JSON.parse(text), { unknown: 'drop' });
  } catch (error) {
    if (error instanceof InvalidInput || error instanceof SyntaxError)
      throw new Error(`the configuration file ${path} is not usable`, { cause: error });
    throw error;
  }
}
