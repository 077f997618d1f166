import { describe, expect, it } from 'vitest';
import { type Inspected, partOf } from './docker-facts';

const now = Date.parse('2025-06-01T12:00:00Z');
const LONG_AGO = '2025-06-01T08:00:00.123456789Z';

/** As `docker inspect` of 20.10 prints it, reduced to what is read. */
const container = (state: Partial<Inspected['State']>, more: Partial<Inspected> = {}): Inspected => ({
  Id: 'f00',
  Name: '/itsm_web_1',
  RestartCount: 0,
  State: { Status: 'running', ExitCode: 0, Error: '', OOMKilled: false, StartedAt: LONG_AGO, ...state },
  HostConfig: { RestartPolicy: { Name: 'unless-stopped' } },
  Config: { Labels: { 'com.docker.compose.service': 'web' } },
  NetworkSettings: { Networks: {} },
  ...more,
});
const once = { HostConfig: { RestartPolicy: { Name: 'no' } } };

describe('a container', () => {
  it.each<[string, Inspected, object]>([
    ['healthy', container({ Health: { Status: 'healthy' } }), { state: 'running', healthy: true, restarts: 0 }],
    [
      'unhealthy, with the last words of its health check',
      container({ Health: { Status: 'unhealthy', Log: [{ ExitCode: 1, Output: 'answered 503\n' }] } }),
      { state: 'running', healthy: false, reason: 'answered 503' },
    ],
    ['without a health check', container({}), { name: 'web', state: 'running' }],
    ['that just started', container({ Health: { Status: 'starting' } }), { state: 'starting', healthy: false }],
    ['that restarts now', container({ Status: 'restarting', ExitCode: 1 }), { state: 'restarting' }],
    [
      'that runs for a moment again, after many restarts',
      container({ StartedAt: '2025-06-01T11:59:30Z' }, { RestartCount: 9 }),
      { state: 'restarting', restarts: 9 },
    ],
    ['that has settled after many restarts', container({}, { RestartCount: 9 }), { state: 'running', restarts: 9 }],
    ['that ended', container({ Status: 'exited', ExitCode: 2 }), { state: 'stopped', reason: 'it ended with code 2' }],
    ['that was stopped', container({ Status: 'exited', ExitCode: 0 }), { state: 'stopped', reason: 'it was stopped' }],
    ['that is paused', container({ Status: 'paused' }), { state: 'stopped', reason: 'it is paused' }],
    [
      'that was killed while it was unhealthy',
      container({
        Status: 'exited',
        ExitCode: 137,
        Health: { Status: 'unhealthy', Log: [{ ExitCode: 1, Output: '' }] },
      }),
      { state: 'stopped', reason: 'it was killed' },
    ],
    ['whose health check says nothing', container({ Health: { Status: 'unhealthy', Log: null } }), { healthy: false }],
    ['that was to run once and did', container({ Status: 'exited', ExitCode: 0 }, once), { state: 'done' }],
    ['that was to run once and failed', container({ Status: 'exited', ExitCode: 1 }, once), { state: 'stopped' }],
    [
      'that the kernel killed',
      container({ Status: 'exited', ExitCode: 137, OOMKilled: true }),
      { state: 'stopped', reason: 'it took more memory than its limit' },
    ],
  ])('%s', (_what, inspected, expected) => expect(partOf(inspected, now)).toMatchObject(expected));
});
