/** How often each state was reached, by `Struct.field`. */
export type Counters = Readonly<Record<string, number>>;

/** Returns the fields of each struct in Solidity sources that consists of numbers only. */
export function countersIn(sources: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const structs = sources.flatMap((source) => [...source.matchAll(/^struct (\w+) \{\n((?: +uint256 \w+;.*\n)+)\}/gm)]);
  return new Map(
    structs.map(([, name = "", fields = ""]) => [
      name,
      [...fields.matchAll(/uint256 (\w+);/g)].map(([, field = ""]) => field),
    ]),
  );
}

/**
 * Adds up the counters that walks wrote: one line `Struct 0x…` for each walk, with a word for each field.
 * @param walks The number of lines of each struct that count, as forge repeats the last walk to show it.
 * @throws If a struct is unknown or has another number of fields.
 */
export function sumReached(text: string, structs: ReadonlyMap<string, readonly string[]>, walks: number): Counters {
  const sums: Record<string, number> = {};
  const lines: Record<string, number> = {};
  for (const line of text.split("\n").filter(Boolean)) {
    const [struct = "", data = ""] = line.split(" 0x");
    lines[struct] = (lines[struct] ?? 0) + 1;
    if (lines[struct] > walks) continue;
    const words = data.match(/.{64}/g) ?? [];
    const fields = structs.get(struct);
    if (fields?.length !== words.length)
      throw new Error(`${struct}: expected ${fields?.length} counters, found ${words.length}.`);
    fields.forEach(
      (field, i) => (sums[`${struct}.${field}`] = (sums[`${struct}.${field}`] ?? 0) + Number(`0x${words[i]}`)),
    );
  }
  return sums;
}

export function addCounters(all: readonly Counters[]): Counters {
  const sums: Record<string, number> = {};
  for (const [name, count] of all.flatMap((counters) => Object.entries(counters)))
    sums[name] = (sums[name] ?? 0) + count;
  return sums;
}
