import { printedOutput } from "../../sdk/base/printed";

type Output = Pick<NodeJS.WriteStream, "isTTY">;

/** Whether a stream shows colours: only a terminal that supports them does, unless NO_COLOR is set. */
export function isColoured({ isTTY }: Output, env: NodeJS.ProcessEnv = process.env): boolean {
  return isTTY && !env["NO_COLOR"] && env["TERM"] !== "dumb";
}

/** A line is coloured if either of our streams shows colours; {@link lineFor} removes the colours for the other. */
const styled = (code: number) => (text: string) =>
  isColoured(process.stdout) || isColoured(process.stderr) ? `\u001b[${code}m${text}\u001b[0m` : text;

/** A line as a stream of this process shows it: with colours only if the stream shows any, and with foreign control characters escaped. */
export function lineFor(stream: Output, line: string): string {
  return printedOutput(line, isColoured(stream));
}

let isOutliving = false;

/** Continues when the reader of our output has closed it, because transactions that were sent must be followed to their end. */
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

/** A table with dim headings; its first column is left-aligned, the others right-aligned. */
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

/** Shows one line of progress in place of the previous one; does nothing unless the output is a terminal. */
export function progressOn(output: Output & Pick<NodeJS.WriteStream, "write">): (text: string) => void {
  if (!output.isTTY) return () => undefined;
  return (text) => void output.write(`\r\u001b[K${text}`);
}
