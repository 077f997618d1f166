import { Controller, Get, Module } from '@nestjs/common';
import { allRoutes, type Face } from '@muster/contracts';
import { startNats, type TestNats } from '@muster/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BaseConfig } from '../config/base.config';
import { loadConfig } from '../config/load-config';
import { createLog } from '../log/log';
import { createService } from '../start-service';
import { greet, report, writeNote } from '../testing/notes.contracts';
import { NotesModule, ReportController } from '../testing/notes.module';
import { Handles } from './handles.decorator';

let nats: TestNats;
beforeAll(async () => void (nats = await startNats({ services: ['bip'] })));
afterAll(async () => nats?.stop());

/** What the start of a service with this module says. */
async function startOf(module: new () => object, faces: readonly Face[]): Promise<string> {
  const { url, user, password } = nats.credentials('bip');
  const environment = { NATS_URL: url, NATS_USER: user, NATS_PASSWORD: password, EDGE_SECRET: 'edge-secret-for-tests' };
  const config = loadConfig(BaseConfig, 'bip', environment);
  const log = createLog('bip', 'info', { write: () => undefined });
  try {
    const app = await createService({ service: 'bip', module, config: BaseConfig, faces: () => faces }, config, log);
    await app.close();
    return 'started';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

@Controller()
class Open {
  @Get('/open')
  open(): string {
    return 'to everybody';
  }
}
@Controller()
class Twice {
  @Handles(greet)
  async again(): Promise<string> {
    return 'again';
  }
}
@Controller()
class Alone {
  @Handles(writeNote)
  async write(): Promise<{ id: string; title: string; writtenBy: string }> {
    return { id: '', title: '', writtenBy: '' };
  }
}

@Module({ imports: [NotesModule], controllers: [Open] })
class WithOpenMethod {}
@Module({ imports: [NotesModule], controllers: [Twice] })
class WithTwoHandlers {}
@Module({ controllers: [Alone] })
class Incomplete {}
@Module({ controllers: [ReportController] })
class WithoutDirectory {}

describe('the start of a service', () => {
  it('succeeds when every route of its faces has one handler', async () => {
    expect(await startOf(NotesModule, ['manager', 'worker'])).toBe('started');
  });

  it('is refused for a method that declares no route, since nobody said who may use it', async () => {
    expect(await startOf(WithOpenMethod, ['manager', 'worker'])).toMatch(
      /Open\.open does not say which route it handles/,
    );
  });

  it('is refused for a route that two methods handle', async () => {
    expect(await startOf(WithTwoHandlers, ['manager', 'worker'])).toMatch(
      /Twice\.again .*handle the same route|NotesController\.greet .*same route/,
    );
  });

  it('is refused for routes that nobody handles, naming all of them', async () => {
    const message = await startOf(Incomplete, ['manager']);
    const missing = allRoutes().filter(
      (route) => route.service === 'bip' && route.face === 'manager' && route !== (writeNote as object),
    );
    for (const { method, path } of missing) expect(message).toContain(`nothing handles ${method} ${path}`);
    expect(message).not.toContain(report.path);
  });

  it("is refused for a manager's route in a worker", async () => {
    expect(await startOf(NotesModule, ['worker'])).toMatch(/NotesController\.read handles a route of the manager face/);
  });

  it('is refused for routes for devices where nobody knows devices', async () => {
    expect(await startOf(WithoutDirectory, ['worker'])).toMatch(
      /POST \/report is for devices, and there is no DEVICE_DIRECTORY/,
    );
  });
});
