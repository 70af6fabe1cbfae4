/** What has a colour: only a terminal, and only when NO_COLOR is not set. */
const isColoured = () => process.stdout.isTTY && !process.env.NO_COLOR;

const styled = (code: number) => (text: string) => (isColoured() ? `\u001b[${code}m${text}\u001b[0m` : text);

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
