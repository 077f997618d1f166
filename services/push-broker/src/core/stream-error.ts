import { STREAM_ERROR_NS, STREAM_NS } from './namespaces';
import { type Child, Element, element } from './xml/element';

/** Conditions of RFC 6120, section 4.9.3. */
export type StreamErrorCondition =
  | 'bad-format'
  | 'bad-namespace-prefix'
  | 'conflict'
  | 'connection-timeout'
  | 'host-unknown'
  | 'improper-addressing'
  | 'internal-server-error'
  | 'invalid-from'
  | 'invalid-namespace'
  | 'invalid-xml'
  | 'not-authorized'
  | 'not-well-formed'
  | 'policy-violation'
  | 'reset'
  | 'resource-constraint'
  | 'restricted-xml'
  | 'system-shutdown'
  | 'undefined-condition'
  | 'unsupported-encoding'
  | 'unsupported-feature'
  | 'unsupported-stanza-type'
  | 'unsupported-version';

/** Ends a stream: sent to the peer as `<stream:error/>`, after which nothing more is read from it. */
export class StreamError extends Error {
  constructor(
    readonly condition: StreamErrorCondition,
    text = '',
    /** An application-specific condition. */
    readonly detail?: Element,
  ) {
    super(text || condition);
    this.name = 'StreamError';
  }

  toElement(): Element {
    const children: Child[] = [element(this.condition, STREAM_ERROR_NS)];
    if (this.message !== this.condition)
      children.push(element('text', STREAM_ERROR_NS, { 'xml:lang': 'en' }, this.message));
    if (this.detail) children.push(this.detail);
    return element('error', STREAM_NS, {}, ...children);
  }
}
