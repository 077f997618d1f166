import { request, type IncomingHttpHeaders } from 'node:http';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { EDGE_HEADERS, SESSION_COOKIE } from '@muster/contracts';
import type { NatsCredentials } from '@muster/testing';
import { BaseConfig } from '../config/base.config';
import { loadConfig } from '../config/load-config';
import { createLog } from '../log/log';
import { createService } from '../start-service';
import { NotesModule } from './notes.module';

export const EDGE_SECRET = 'edge-secret-for-tests';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  json: { code?: string; message?: string; correlationId?: string; faults?: unknown } & Record<string, unknown>;
}
export interface Call {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: unknown;
  /** As the session cookie. */
  session?: string;
  csrf?: string;
  /** False: comes past the edge. */
  edge?: boolean;
}

/** The service of the tests, listening on a real port, as the edge sees it. */
export class RunningService {
  readonly log: string[] = [];
  port = 0;
  app: NestFastifyApplication;

  static async start(nats: NatsCredentials, environment: Record<string, string> = {}): Promise<RunningService> {
    const service = new RunningService();
    const config = loadConfig(BaseConfig, 'bip', {
      NATS_URL: nats.url,
      NATS_USER: nats.user,
      NATS_PASSWORD: nats.password,
      EDGE_SECRET,
      LOG_LEVEL: 'debug',
      ...environment,
    });
    service.app = await createService(
      { service: 'bip', module: NotesModule, config: BaseConfig, faces: () => ['manager', 'worker'] },
      config,
      createLog('bip', config.LOG_LEVEL, { write: (line) => void service.log.push(line) }),
    );
    await service.app.listen(0, '127.0.0.1');
    service.port = Number(new URL(await service.app.getUrl()).port);
    return service;
  }

  call({ method = 'GET', path, headers = {}, body, session, csrf, edge = true }: Call): Promise<Answer> {
    const payload =
      body === undefined || typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
    return this.send(method, path, payload, {
      ...(edge ? { [EDGE_HEADERS.secret]: EDGE_SECRET } : {}),
      ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
      ...(session === undefined ? {} : { cookie: `${SESSION_COOKIE}=${session}` }),
      ...(csrf === undefined ? {} : { 'x-muster-csrf': csrf }),
      ...headers,
    });
  }

  lines(): Array<Record<string, unknown>> {
    return this.log.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  private send(
    method: string,
    path: string,
    body: string | Uint8Array | undefined,
    headers: Record<string, string>,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const outgoing = request(
        { host: '127.0.0.1', port: this.port, method, path, headers, agent: false },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('error', reject);
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('end', () => {
            const text = Buffer.concat(chunks).toString();
            resolve({
              status: incoming.statusCode ?? 0,
              headers: incoming.headers,
              text,
              json: text.startsWith('{') ? (JSON.parse(text) as Answer['json']) : {},
            });
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }
}
