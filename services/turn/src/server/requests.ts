import { EventEmitter } from 'node:events';
import type { Authenticator } from '../auth/authenticator';
import { METHODS } from '../methods';
import type { Method, Outcome, Parts } from '../methods/exchange';
import type { Client } from '../relay/allocation';
import type { ClientTable } from '../relay/allocations';
import { ATTRIBUTE, type ErrorCode, MESSAGE_CLASS, METHOD } from '../stun/constants';
import type { IntegrityKey } from '../stun/integrity';
import { MessageReader } from '../stun/message-reader';
import { MessageWriter } from '../stun/message-writer';

export interface RequestEvents {
  /** A request was answered; without a code with success. */
  answered: [method: number, code?: ErrorCode];
  /** A defect of this server. */
  fault: [error: unknown];
}

/** Requests: checks, identifies, hands over to the method and answers (RFC 8489, sections 6.3 and 9.2.4). */
export class Requests {
  readonly events = new EventEmitter<RequestEvents>();

  constructor(
    readonly parts: Parts,
    private readonly authenticator: Authenticator,
  ) {}

  take(datagram: Buffer, client: Client, table: ClientTable): void {
    const request = MessageReader.read(datagram);
    if (!request) {
      this.parts.traffic.dropped.malformed++;
      return;
    }
    if (request.messageClass !== MESSAGE_CLASS.request) return;
    const answer = new Answer(request, client, this.events);
    if (request.unknown.length > 0) return answer.unknownAttributes();
    if (request.method === METHOD.binding)
      return answer.send(answer.success().address(ATTRIBUTE.xorMappedAddress, client));
    const method = METHODS.get(request.method);
    if (!method) return answer.error(400);
    this.#authenticated(method, answer, table);
  }

  #authenticated(method: Method, answer: Answer, table: ClientTable): void {
    const { request, client } = answer;
    const now = Date.now();
    const allocation = table.find(client.address, client.port);
    const user = this.authenticator.check(request, client, now, allocation?.username);
    if (user === 400) return answer.error(400);
    if (typeof user === 'number')
      return answer.error(user, (writer) =>
        writer
          .text(ATTRIBUTE.realm, this.authenticator.realm)
          .text(ATTRIBUTE.nonce, this.authenticator.nonce(client, now)),
      );
    answer.key = user.key;
    if (allocation && allocation.username !== user.username) return answer.error(441);
    const exchange = { request, client, table, user, allocation, now, success: () => answer.success() };
    let outcome: Outcome | Promise<Outcome>;
    try {
      outcome = method(exchange, this.parts);
    } catch (error) {
      return answer.fault(error);
    }
    if (!(outcome instanceof Promise)) return answer.give(outcome);
    outcome.then(
      (settled) => answer.give(settled),
      (error: unknown) => answer.fault(error),
    );
  }
}

/** The one answer to a request. */
class Answer {
  key?: IntegrityKey;

  constructor(
    readonly request: MessageReader,
    readonly client: Client,
    private readonly events: EventEmitter<RequestEvents>,
  ) {}

  success(): MessageWriter {
    return new MessageWriter(this.request.method, MESSAGE_CLASS.success, this.request.transactionId);
  }

  give(outcome: Outcome): void {
    if (outcome === undefined) return;
    if (typeof outcome === 'number') this.error(outcome);
    else this.send(outcome);
  }

  error(code: ErrorCode, complete = (writer: MessageWriter): MessageWriter => writer): void {
    this.send(complete(MessageWriter.error(this.request.method, this.request.transactionId, code)), code);
  }

  unknownAttributes(): void {
    const types = this.request.unknown;
    const value = Buffer.alloc(types.length * 2);
    types.forEach((type, i) => value.writeUInt16BE(type, i * 2));
    this.error(420, (writer) => writer.attribute(ATTRIBUTE.unknownAttributes, value));
  }

  fault(error: unknown): void {
    this.events.emit('fault', error);
    this.error(500);
  }

  send(writer: MessageWriter, code?: ErrorCode): void {
    const message = writer.finish({ key: this.key, fingerprint: this.request.fingerprint });
    const { socket, port, address } = this.client;
    socket.send(message, port, address);
    this.events.emit('answered', this.request.method, code);
  }
}
