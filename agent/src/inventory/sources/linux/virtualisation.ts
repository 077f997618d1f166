import { hypervisorOf } from '../../formats/hypervisors';
import type { Machine } from '../../machine/machine';
import { readDmi } from './dmi';

export interface Virtualisation {
  kind: 'container' | 'virtual machine';
  /** The engine or hypervisor, where it says its name. */
  name?: string;
}

/** A container is told before the virtual machine that it runs in: it is what the agent sees. */
export async function readVirtualisation(machine: Machine): Promise<Virtualisation | undefined> {
  const { files } = machine;
  const engine = await containerEngine(machine);
  if (engine) return { kind: 'container', name: engine };
  const named = hypervisorOf(await readDmi(machine, 'sys_vendor'), await readDmi(machine, 'product_name'));
  if (named) return { kind: 'virtual machine', name: named };
  if ((await files.text('/sys/hypervisor/type')) === 'xen') return { kind: 'virtual machine', name: 'Xen' };
  // The processor's own word (CPUID leaf 1, ECX bit 31): some hypervisors have no firmware tables.
  const hypervisor = /^flags\s*:.*\shypervisor(\s|$)/m.test((await files.text('/proc/cpuinfo')) ?? '');
  return hypervisor ? { kind: 'virtual machine' } : undefined;
}

async function containerEngine({ files }: Machine): Promise<string | undefined> {
  // systemd's convention (container interface), which LXC, nspawn and podman follow too.
  const told = (await files.text('/run/systemd/container')) ?? containerVariable(await files.text('/proc/1/environ'));
  if (told) return told;
  if (await files.stat('/.dockerenv')) return 'docker';
  return (await files.stat('/run/.containerenv')) ? 'podman' : undefined;
}

const containerVariable = (environment: string | undefined): string | undefined =>
  environment
    ?.split('\0')
    .find((entry) => entry.startsWith('container='))
    ?.slice('container='.length) || undefined;
