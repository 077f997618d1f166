import type { InternalReply, Part, Stack } from '../stack/stack';

/** A stack of real servers that a test started: each part answers at a URL. */
export class UrlStack implements Stack {
  readonly kind = 'local';
  running: Part[] = [];
  database?: string;
  readonly texts = new Map<string, string>();

  constructor(readonly urls: Record<string, string> = {}) {}

  async parts(): Promise<Part[]> {
    return this.running;
  }

  async fetch(part: string, path: string): Promise<InternalReply> {
    const url = this.urls[part];
    if (!url) throw new Error(`${part} has no internal endpoints`);
    const reply = await fetch(url + path, { signal: AbortSignal.timeout(5_000) });
    return { status: reply.status, body: await reply.text() };
  }

  async logs(): Promise<void> {}

  async lastLines(part: string): Promise<string> {
    return this.texts.get(part) ?? '';
  }

  async databaseUrl(): Promise<string | undefined> {
    return this.database;
  }
}
