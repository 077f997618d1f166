import { rmSync } from 'node:fs';
import { eventually } from '@muster/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { AgentProcess, installAgent } from './testing/agent-process';
import { issue, type Issued, makeRoot, SERVER_AUTH } from './testing/certificate-maker';
import { FakeSuite, HOST } from './testing/fake-suite';
import { makeOperation } from './testing/operation-maker';

let install: string;
let suite: FakeSuite;
let company: Issued;
let agent: AgentProcess;

beforeAll(async () => {
  install = installAgent();
  company = await makeRoot('Company root');
});
afterAll(() => rmSync(install, { recursive: true, force: true }));
beforeEach(async () => (suite = await FakeSuite.start()));
afterEach(async () => {
  await agent.stop('SIGKILL');
  await suite.stop();
  expect(suite.faults).toEqual([]);
});

const companyServer = (): Promise<Issued> =>
  issue({ name: HOST, issuer: company, usages: [SERVER_AUTH], hostNames: ['*.muster-agent.test'] });
const within = { within: 30_000 };

it('enrols where the installer lets a company CA in, and not where it does not', async () => {
  suite.show(await companyServer());
  agent = new AgentProcess(install, suite.config());
  agent.start();
  await eventually(() => agent.said('not enrolled'), within);
  expect(suite.enrolments).toEqual([]);
  await agent.stop('SIGKILL');

  suite.serverAnchors = [company];
  agent = new AgentProcess(install, { ...suite.config(), serverAnchors: [company.pem] });
  agent.start();
  await eventually(() => suite.syncs.length > 0, within);
  expect(suite.enrolments).toHaveLength(1);
});

it('comes back to a server that went over to a company CA while it slept, and runs what waits', async () => {
  agent = new AgentProcess(install, suite.config());
  agent.start();
  await eventually(() => suite.syncs.length > 0, within);
  await agent.stop('SIGKILL');
  suite.show(await companyServer());
  suite.serverAnchors = [company];
  suite.mapVersion = 2;
  const operation = makeOperation({ script: 'echo here', sequence: 1 });
  suite.ask(operation);
  agent.start();
  await eventually(() => suite.endOf(operation.operationId), within);
  expect(suite.outputOf(operation.operationId)).toBe('here\n');
  expect(suite.mapsAsked).toEqual([{ shown: false }]);
  await eventually(() => agent.said('endpoint map taken'), within);
});
