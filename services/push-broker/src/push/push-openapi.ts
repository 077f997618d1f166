import {
  type Class,
  describe,
  ERROR_CODES,
  ErrorBody,
  type JsonSchema,
  Push,
  PushAnswer,
  PushBatch,
  PushBatchAnswer,
  SendMessage,
  SendStanza,
} from '@muster/contracts';

const json = (schema: JsonSchema): JsonSchema => ({ 'application/json': { schema } });

const IDEMPOTENCY_KEY: JsonSchema = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'Of the caller’s choice, new for each thing to do. The same request with the same key does nothing more and gets the first answer, with the header Idempotency-Replayed. Where the server ended before it had kept the answer, the request is done again: its stanzas have the ids that they had, and what waits for its target is not doubled.',
  schema: { type: 'string', minLength: 1, maxLength: 257 },
};

/** OpenAPI 3.1 description of the push service, made from its contracts. */
export function pushOpenApi(): JsonSchema {
  const components = new Map<string, JsonSchema>();
  const errors = json(describe(ErrorBody, components));
  const post = (id: string, summary: string, body: Class, reply: JsonSchema, refusal: JsonSchema): JsonSchema => ({
    post: {
      operationId: id,
      summary,
      security: [{ bearer: [] }, { basic: [] }, { certificate: [] }],
      parameters: [IDEMPOTENCY_KEY],
      requestBody: { required: true, content: json(describe(body, components)) },
      responses: {
        200: { description: 'Done; what became of it stands in the answer.', ...reply },
        default: { description: 'Refused or failed; nothing was sent.', content: refusal },
      },
    },
  });
  const answer = (type: Class): JsonSchema => ({ content: json(describe(type, components)) });
  const zero: JsonSchema = {
    headers: { 'Muster-Outcome': { schema: { type: 'string', enum: ['delivered', 'stored', 'unknown', 'refused'] } } },
    content: json({ type: 'integer', enum: [0] }),
  };
  const ejabberdError = json({
    oneOf: [
      { type: 'string' },
      {
        type: 'object',
        required: ['status', 'code', 'message'],
        properties: { status: { const: 'error' }, code: { type: 'integer' }, message: { type: 'string' } },
      },
    ],
  });
  const paths = {
    '/push': post('push', 'One message or stanza to devices and groups.', Push, answer(PushAnswer), errors),
    '/push/batch': post('push_batch', 'Many messages at once.', PushBatch, answer(PushBatchAnswer), errors),
    '/api/send_message': post('send_message', 'As in ejabberd 23.', SendMessage, zero, ejabberdError),
    '/api/send_stanza': post('send_stanza', 'As in ejabberd 23.', SendStanza, zero, ejabberdError),
  };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Muster push service',
      version: '1',
      description: `Fields that are not described here are refused. Errors are ErrorBody with a code of: ${ERROR_CODES.join(', ')}.`,
    },
    paths,
    components: {
      schemas: Object.fromEntries([...components].sort(([left], [right]) => left.localeCompare(right))),
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'A key.' },
        basic: { type: 'http', scheme: 'basic', description: 'The name of a key, and the key.' },
        certificate: { type: 'mutualTLS', description: 'A client certificate with a DNS name that a key entry names.' },
      },
    },
  };
}
