import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ITSM_FUNCTIONS } from '@muster/contracts';
import { ITSM_DOMAIN } from './domain';
import type { Server } from './server';
import { topology } from './servers';

export interface Finding {
  verdict: 'ok' | 'warning' | 'fault';
  code?: string;
  sentence: string;
}

/** What `muster doctor` says on a server: its exit code, and each thing that is not well. */
export interface Diagnosis {
  exitCode: number;
  faults: string[];
  warnings: string[];
  /** All sentences, for whoever reads why a test failed. */
  words: string;
}

export const doctor = (server: Server): Promise<Diagnosis> => doctorIn(server, server.folder);

/** Of another folder of that server. */
export async function doctorIn(server: Server, folder: string): Promise<Diagnosis> {
  const { code, stdout, stderr } = await server.musterKnowing(hostsFile(server), 'doctor', '--json', '--dir', folder);
  if (!stdout) throw new Error(`doctor said nothing but ${stderr}`);
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  return diagnosis(code, findings);
}

/** What `muster doctor device NAME` says. */
export async function doctorDevice(server: Server, name: string): Promise<Diagnosis> {
  const { code, stdout, stderr } = await server.muster('doctor', 'device', name, '--json', '--dir', server.folder);
  if (!stdout) throw new Error(`doctor said nothing but ${stderr}`);
  const found = JSON.parse(stdout) as { findings: Finding[] }[];
  return diagnosis(
    code,
    found.flatMap(({ findings }) => findings),
  );
}

function diagnosis(exitCode: number, findings: readonly Finding[]): Diagnosis {
  const codes = (wanted: Finding['verdict']): string[] =>
    findings.flatMap(({ verdict, code }) => (verdict === wanted ? [code ?? 'without a code'] : [])).sort();
  const words = findings.map(({ verdict, sentence }) => `${verdict}: ${sentence}`).join('\n');
  return { exitCode, faults: codes('fault'), warnings: codes('warning'), words };
}

/** In the place of a DNS server, which is not within reach of these networks. */
function hostsFile(server: Server): string {
  const base = ITSM_DOMAIN.slice(ITSM_DOMAIN.indexOf('.') + 1);
  const names = [ITSM_DOMAIN, ...ITSM_FUNCTIONS.map((label) => `${label}.${base}`)];
  const file = join(server.folder, '..', 'hosts');
  const lines = [
    '127.0.0.1 localhost',
    ...names.map((name) => `${topology.address('itsm')} ${name}`),
    `${topology.address('xmpp')} xmpp.${base}`,
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}
