import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';

/** A success that says with `Content-Range` which part it is has the status 206 (RFC 9110, section 15.3.7). */
@Injectable()
export class PartialContent {
  constructor({ httpAdapter }: HttpAdapterHost) {
    httpAdapter.getInstance<FastifyInstance>().addHook('onSend', (_request, reply, payload, done) => {
      if (reply.statusCode === 200 && reply.hasHeader('content-range')) void reply.code(206);
      done(null, payload);
    });
  }
}
