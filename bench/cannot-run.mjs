/** What keeps a load run from beginning, in a sentence that says what to do: shown without a stack. */
export class CannotRun extends Error {}
