// Rewrites the tables and the plot of docs/economics.md from the formulas of the curve.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { plot } from "./economics/plot";
import { tables, type Table } from "./economics/tables";

/** The document, and its plot. */
export const DOCUMENT = join(__dirname, "../../docs/economics.md");
export const PLOT = join(__dirname, "../../docs/economics.svg");

/** Returns the document with up-to-date tables, each between `<!-- name -->` and `<!-- end -->`. */
export async function withTables(document: string): Promise<string> {
  const filled = Object.entries(tables()).reduce((text, [name, table]) => {
    const place = new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- end -->)`);
    if (!place.test(text)) throw new Error(`docs/economics.md has no place <!-- ${name} --> … <!-- end -->.`);
    return text.replace(place, (_, begin: string, end: string) => `${begin}\n${markdown(table)}\n\n${end}`);
  }, document);
  return format(filled, { ...(await resolveConfig(DOCUMENT)), filepath: DOCUMENT });
}

function markdown({ headings, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const alignment = headings.map((_, column) => (column === 0 ? "---" : "---:"));
  return [headings, alignment, ...rows].map(line).join("\n");
}

async function main(): Promise<void> {
  writeFileSync(DOCUMENT, await withTables(readFileSync(DOCUMENT, "utf8")));
  writeFileSync(PLOT, plot());
}

if (require.main === module) void main();
