/** Milliseconds between two messages. The first after a quiet time goes at once. */
const APART_MS = 10;
/** Bytes from which a message goes without waiting for more. */
const FULL_BYTES = 256 * 1024;

interface Bundle {
  bodies: string[];
  bytes: number;
  waiting: Array<{ resolve: () => void; reject: (error: unknown) => void }>;
}

/**
 * Puts what arrives within a few milliseconds on one subject into one message, a JSON array of payloads: it is messages
 * that cost the bus and both ends, more than what they hold, and reports are many. Each caller still hears only what JetStream
 * said about the message that carries its own.
 */
export class ReportBundles {
  private bundle?: Bundle;
  private sentAt = Number.NEGATIVE_INFINITY;

  /** @param send may not throw, but reject */
  constructor(private readonly send: (body: string) => Promise<void>) {}

  /** Fulfilled when the message with this body is stored. @throws as `send` does */
  add(body: string): Promise<void> {
    const bytes = Buffer.byteLength(body);
    if (this.bundle && this.bundle.bytes + bytes > FULL_BYTES) this.flush(this.bundle);
    const waitMs = this.sentAt + APART_MS - performance.now();
    if (!this.bundle && waitMs <= 0) {
      this.sentAt = performance.now();
      return this.send(body);
    }
    const bundle = (this.bundle ??= this.begin(waitMs));
    bundle.bytes += bytes;
    bundle.bodies.push(body);
    return new Promise((resolve, reject) => bundle.waiting.push({ resolve, reject }));
  }

  private begin(waitMs: number): Bundle {
    const bundle: Bundle = { bodies: [], bytes: 0, waiting: [] };
    setTimeout(() => this.flush(bundle), waitMs);
    return bundle;
  }

  private flush(bundle: Bundle): void {
    if (this.bundle !== bundle) return; // it was full before its time
    this.bundle = undefined;
    this.sentAt = performance.now();
    const [first = '', ...more] = bundle.bodies;
    this.send(more.length === 0 ? first : `[${bundle.bodies.join(',')}]`).then(
      () => bundle.waiting.forEach(({ resolve }) => resolve()),
      (error: unknown) => bundle.waiting.forEach(({ reject }) => reject(error)),
    );
  }
}
