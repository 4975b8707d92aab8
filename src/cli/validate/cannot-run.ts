/** What keeps a validation from starting; the command ends with exit code 2 and this message. */
export class CannotRun extends Error {}
