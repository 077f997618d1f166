import { stackStatus } from './status';

const args = process.argv.slice(2).filter((argument) => argument !== '--json');
const status = await stackStatus(args);
if (process.argv.includes('--json')) {
  const none = { ready: false, console: '', caFile: '', parts: [], devices: { known: 0, online: 0 } };
  console.log(JSON.stringify(status ?? none));
} else if (!status) {
  console.log('Muster does not run here. Start it with: npm start');
} else {
  for (const { name, ready, pid, residentBytes } of status.parts) {
    console.log(
      `${name.padEnd(14)} ${ready ? 'ready ' : 'not ready'} pid ${pid ?? '-'}  ${(residentBytes / 1e6).toFixed(0)} MB`,
    );
  }
  console.log(`${status.devices.known} devices known, ${status.devices.online} online. Console: ${status.console}`);
}
process.exit(status?.ready ? 0 : 1);
