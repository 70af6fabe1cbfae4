// SPDX-License-Identifier: MIT
// The tokenisers of texts, one of which a benchmark names.

/** White space according to Python's str.split, because the usual tools are written in Python. */
const SPACES = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/u;

export const TOKENISERS = {
  /** Splits at white space and changes nothing else. */
  whitespace: (text: string): string[] => text.split(SPACES).filter((token) => token !== ""),

  /** mteval-v13a, which sacrebleu calls 13a. */
  "13a": (text: string): string[] => {
    let line = text.replaceAll("<skipped>", "").replaceAll("-\n", "").replaceAll("\n", " ");
    if (line.includes("&")) {
      line = line.replaceAll("&quot;", '"').replaceAll("&amp;", "&").replaceAll("&lt;", "<").replaceAll("&gt;", ">");
    }
    const spaced = ` ${line} `
      .replace(/([{-~[-` -&(-+:-@/])/g, " $1 ")
      .replace(/([^0-9])([.,])/gu, "$1 $2 ")
      .replace(/([.,])([^0-9])/gu, " $1 $2")
      .replace(/([0-9])(-)/g, "$1 $2 ");
    return TOKENISERS.whitespace(spaced);
  },

  /** The default of rouge-score: runs of a-z and 0-9 in lower case. */
  rouge: (text: string): string[] => text.toLowerCase().match(/[a-z0-9]+/g) ?? [],
} as const satisfies Record<string, (text: string) => string[]>;

export type Tokeniser = keyof typeof TOKENISERS;
