import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";

/** Entries by their key, kept in a file to which each is appended at once, so that an interrupted run continues from there. */
export class Journal<Entry> {
  readonly #known = new Map<string, Entry>();

  constructor(
    private readonly path: string,
    private readonly keyOf: (entry: Entry) => string,
  ) {
    mkdirSync(dirname(path), { recursive: true });
    const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n") : [];
    for (const entry of lines.flatMap((line) => parsedLine<Entry>(line))) this.#known.set(keyOf(entry), entry);
  }

  get entries(): readonly Entry[] {
    return [...this.#known.values()];
  }

  find(key: string): Entry | undefined {
    return this.#known.get(key);
  }

  add(entry: Entry): void {
    this.#known.set(this.keyOf(entry), entry);
    // The newline comes first, because the last line may be incomplete.
    appendFileSync(this.path, `\n${JSON.stringify(entry)}`);
  }
}

/** Returns nothing for a line that is incomplete because the process was killed. */
function parsedLine<Entry>(line: string): Entry[] {
  try {
    return [JSON.parse(line) as Entry];
  } catch {
    return [];
  }
}
