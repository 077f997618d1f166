import { type StackStatus, stackStatus } from './status';

const json = process.argv.includes('--json');
const args = process.argv.slice(2).filter((argument) => argument !== '--json');

try {
  const status = await stackStatus(args);
  if (json) {
    const none = { ready: false, console: '', caFile: '', parts: [], devices: { known: 0, online: 0 } };
    console.log(JSON.stringify(status ?? none));
  } else {
    console.log(status ? inWords(status) : 'Muster does not run here. Start it with: npm start');
  }
  process.exitCode = status?.ready ? 0 : 1;
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}

function inWords({ parts, devices, console: address }: StackStatus): string {
  const lines = parts.map(({ name, ready, pid, residentBytes, restarts, log }) => {
    const state = `${name.padEnd(14)} ${ready ? 'ready ' : 'not ready'} pid ${pid ?? '-'}  ${megabytes(residentBytes)}`;
    return ready ? state : `${state}, ended ${restarts} times; read ${log}`;
  });
  const total = parts.reduce((sum, { residentBytes }) => sum + residentBytes, 0);
  const known = `${devices.known} ${devices.known === 1 ? 'device' : 'devices'} known`;
  return [...lines, `${megabytes(total)} in all. ${known}, ${devices.online} online. Console: ${address}`].join('\n');
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
