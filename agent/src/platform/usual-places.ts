import { PROGRAM_DATA } from './windows-folders';

/** Where installers put configuration and state on this system. */
export function usualPlaces(platform: NodeJS.Platform = process.platform): { config: string; state: string } {
  if (platform === 'win32') {
    const data = `${PROGRAM_DATA}\\Muster Agent`;
    return { config: `${data}\\agent.json`, state: `${data}\\State` };
  }
  if (platform === 'darwin') {
    const data = '/Library/Application Support/Muster Agent';
    return { config: `${data}/agent.json`, state: `${data}/State` };
  }
  return { config: '/etc/muster-agent/agent.json', state: '/var/lib/muster-agent' };
}
