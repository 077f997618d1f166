import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { Controller } from '@nestjs/common';
import { agentLauncher, agentProgram, AppError, nodeRuntime, type RouteCall } from '@muster/contracts';
import { Handles } from '@muster/service-kit';
import { NodePrograms } from '../node-programs/node-programs';
import { AgentFiles } from './agent-files';
import { KeyDoor } from './key-door';

/** The agent's files one by one, as the install scripts of earlier versions fetch them. */
@Controller()
export class LooseFilesController {
  constructor(
    private readonly files: AgentFiles,
    private readonly nodes: NodePrograms,
    private readonly door: KeyDoor,
  ) {}

  @Handles(agentProgram)
  async program({ params, address }: RouteCall<typeof agentProgram>): Promise<Buffer> {
    await this.door.pass(params.key, address);
    return this.files.program.content;
  }

  @Handles(agentLauncher)
  async launcher({ params, address }: RouteCall<typeof agentLauncher>): Promise<Buffer> {
    await this.door.pass(params.key, address);
    return this.files.launcher.content;
  }

  @Handles(nodeRuntime)
  async node({ params, address, reply }: RouteCall<typeof nodeRuntime>): Promise<Readable> {
    await this.door.pass(params.key, address);
    const node = this.nodes.get('linux-x64');
    if (!node) throw new AppError('not-found', this.nodes.whyNot('linux-x64') ?? 'This server has no Node.js to give.');
    reply.setHeader('content-length', String(node.bytes));
    return createReadStream(node.path);
  }
}
