import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files in the order of their names: the story first, the faults after it. */
export class ByName extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return [...files].sort((a, b) => a.moduleId.localeCompare(b.moduleId));
  }
}
