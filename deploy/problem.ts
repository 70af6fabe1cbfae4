/** Something that the user can put right. The message is one line: what, value, expected, how to fix. */
export class Problem extends Error {
  constructor(message: string) {
    super(message);
    this.name = "Problem";
  }
}
