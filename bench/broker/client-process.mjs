import { fork } from 'node:child_process';
import { join } from 'node:path';

/** The load generator (`client.mjs`) in a process of its own: one command at a time. */
export class Client {
  #process = fork(join(import.meta.dirname, 'client.mjs'), { execArgv: [], serialization: 'advanced' });
  #pending;

  constructor() {
    this.#process.on('message', ({ result, error }) => {
      if (error) this.#pending?.reject(new Error(error));
      else this.#pending?.resolve(result);
    });
    this.#process.on('exit', (code) => this.#pending?.reject(new Error(`the client process ended with ${code}`)));
  }

  do(command, options = {}) {
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
      this.#process.send({ command, ...options });
    });
  }

  end() {
    this.#process.disconnect();
  }
}
