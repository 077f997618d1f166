/** Words in a board's maker and model that only virtual machines have. */
const HYPERVISORS: ReadonlyArray<[RegExp, string]> = [
  [/vmware/i, 'VMware'],
  [/virtualbox|innotek/i, 'VirtualBox'],
  [/microsoft corporation.*virtual machine/i, 'Hyper-V'],
  [/amazon ec2/i, 'Amazon EC2'],
  [/google compute engine/i, 'Google Compute Engine'],
  [/parallels/i, 'Parallels'],
  [/\bxen\b/i, 'Xen'],
  [/openstack/i, 'OpenStack'],
  [/qemu|\bkvm\b/i, 'KVM'],
];

/** The hypervisor that a board names as its maker or model. */
export const hypervisorOf = (maker: string | undefined, model: string | undefined): string | undefined => {
  const board = `${maker ?? ''} ${model ?? ''}`;
  return HYPERVISORS.find(([pattern]) => pattern.test(board))?.[1];
};
