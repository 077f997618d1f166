import { version } from '../package.json';

/** This program's version, as reports and folder names carry it. */
export const AGENT_VERSION: string = version;
