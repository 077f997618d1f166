import { AppError } from '@muster/contracts';

interface Waiting {
  enter: () => void;
  timer: NodeJS.Timeout;
}

/**
 * Lets so many through at once and the others wait for their turn, so that a thousand enrolments in one second are
 * worked off at the speed of the database and the certificate authority instead of timing out together.
 */
export class Gate {
  private inside = 0;
  private readonly queue: Waiting[] = [];

  constructor(
    private readonly places: number,
    private readonly mostWaiting: number,
    /** Longest wait in milliseconds. */
    private readonly patience: number,
  ) {}

  /** @throws AppError `unavailable` when too many wait already or the turn does not come in time */
  async through<T>(work: () => Promise<T>): Promise<T> {
    if (this.inside >= this.places) await this.turn();
    else this.inside += 1;
    try {
      return await work();
    } finally {
      const next = this.queue.shift();
      // The place is handed on, so that nobody who comes in between takes it.
      if (next) next.enter();
      else this.inside -= 1;
    }
  }

  private turn(): Promise<void> {
    if (this.queue.length >= this.mostWaiting) return Promise.reject(busy());
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        enter: () => {
          clearTimeout(waiting.timer);
          resolve();
        },
        timer: setTimeout(() => {
          this.queue.splice(this.queue.indexOf(waiting), 1);
          reject(busy());
        }, this.patience),
      };
      this.queue.push(waiting);
    });
  }
}

const busy = (): AppError =>
  new AppError('unavailable', 'Too many devices enrol at this moment. Try again shortly.', {
    retryAfterSeconds: 10 + Math.floor(Math.random() * 20),
  });
