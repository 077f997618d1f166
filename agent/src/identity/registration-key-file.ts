import { readFileIfThere, removeFile } from '../state/files';

/** The key that an installer left for the first enrolment. It opens enrolment for others too, so it goes when it is used. */
export class RegistrationKeyFile {
  constructor(private readonly path: string) {}

  read(): string | undefined {
    return readFileIfThere(this.path)?.trim() || undefined;
  }

  remove(): void {
    removeFile(this.path);
  }
}
