/** `node scan-ports.mjs ADDRESS`: tries every TCP port and prints those that are open, as JSON. */
import { connect } from 'node:net';

const host = process.argv[2];
const AT_ONCE = 500;
const open = [];
let next = 1;

const attempt = (port) =>
  new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 5_000 });
    const end = (isOpen) => {
      if (isOpen) open.push(port);
      socket.destroy();
      resolve();
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });

const worker = async () => {
  while (next <= 65_535) await attempt(next++);
};
await Promise.all(Array.from({ length: AT_ONCE }, worker));
console.log(JSON.stringify(open.sort((a, b) => a - b)));
