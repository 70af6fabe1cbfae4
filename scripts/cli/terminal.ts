import { printedOutput } from "../../sdk/base/printed";

type Output = Pick<NodeJS.WriteStream, "isTTY">;

/** What has a colour: only a terminal that knows colours, and only when NO_COLOR is not set. */
export function isColoured({ isTTY }: Output, env: NodeJS.ProcessEnv = process.env): boolean {
  return isTTY && !env["NO_COLOR"] && env["TERM"] !== "dumb";
}

/** A line has colours when either of our streams has; {@link lineFor} takes them out where it goes to the other. */
const styled = (code: number) => (text: string) =>
  isColoured(process.stdout) || isColoured(process.stderr) ? `\u001b[${code}m${text}\u001b[0m` : text;

/** A line as a stream of this process shows it: its colours only where the stream has any, what is not ours escaped. */
export function lineFor(stream: Output, line: string): string {
  return printedOutput(line, isColoured(stream));
}

let isOutliving = false;

/** Goes on when whoever reads our output has gone: what is sent to a chain must come to its end. */
export function outliveReaders(): void {
  if (isOutliving) return;
  isOutliving = true;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
    });
  }
}

export const bold = styled(1);
export const dim = styled(2);
export const green = styled(32);
export const yellow = styled(33);
export const cyan = styled(36);

/** Columns, the first to the left and the others to the right, under dim headings. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => (row[column] ?? "").length)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("   ");
  return [dim(line(headings)), ...rows.map(line)];
}

/** Shows one line of progress in the place of the one before; nothing where the output is no terminal. */
export function progressOn(output: Output & Pick<NodeJS.WriteStream, "write">): (text: string) => void {
  if (!output.isTTY) return () => undefined;
  return (text) => void output.write(`\r\u001b[K${text}`);
}
