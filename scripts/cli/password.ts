import { closeSync, openSync } from "node:fs";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { ReadStream, WriteStream } from "node:tty";
import { Problem } from "../../sdk/base/problem";

/** Asks at the terminal, whatever the standard streams are connected to; the input is not shown. */
export async function askPassword(): Promise<string> {
  let terminal: number;
  try {
    terminal = openSync("/dev/tty", "r+");
  } catch {
    throw new Problem(
      "BAD_KEY",
      "KEYSTORE_PASSWORD is missing and there is no terminal to ask at: set it in the environment.",
    );
  }
  const input = new ReadStream(terminal);
  const screen = new WriteStream(terminal);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const questions = createInterface({ input, output: silent, terminal: true });
  try {
    screen.write("Password of the keystore: ");
    return await new Promise<string>((resolve) => questions.question("", resolve));
  } finally {
    screen.write("\n");
    questions.close();
    input.destroy();
    closeSync(terminal);
  }
}
