/** Nobody is known by what the request brought. */
export class NotIdentified extends Error {
  constructor(
    /** What it brought; undefined when it brought nothing. */
    readonly by: 'bearer' | 'basic' | undefined,
  ) {
    super(by === undefined ? 'A key or a client certificate is needed.' : 'This key is not known.');
  }
}
