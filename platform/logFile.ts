// A log of bounded size.

import { appendFileSync, renameSync, statSync } from "node:fs";

/** The largest size of a log file, in bytes. */
const MOST = 16 * 2 ** 20;

/** A file of lines. When it is full it is renamed to `<file>.1`, replacing the previous one, and a new file begins. */
export class LogFile {
  private size: number;

  constructor(private readonly file: string) {
    this.size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  }

  write(line: string): void {
    const text = `${line}\n`;
    const bytes = Buffer.byteLength(text);
    if (this.size > 0 && this.size + bytes > MOST) {
      renameSync(this.file, `${this.file}.1`);
      this.size = 0;
    }
    appendFileSync(this.file, text);
    this.size += bytes;
  }
}
