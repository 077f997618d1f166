/**
 * Keeps the pieces of packages. A key is `<folder>/<number>`; both are made by this service and hold hexadecimal digits,
 * hyphens and decimal digits only. Every process of the service sees the same pieces.
 */
export abstract class PackageStore {
  /** Writes a piece, replacing what was there: wholly or not at all. @throws AppError `unavailable` when it cannot */
  abstract put(folder: string, number: number, bytes: Buffer): Promise<void>;
  /** Bytes `from` to `to` of a piece, both included. Rejects, perhaps only while it is read, when there is no such piece. */
  abstract read(folder: string, number: number, from: number, to: number): AsyncIterable<Buffer>;
  /** Removes all pieces of a package; none is no error. @param count how many pieces it may have */
  abstract remove(folder: string, count: number): Promise<void>;
  /** Whether pieces can be written now. */
  abstract writable(): Promise<boolean>;
}
