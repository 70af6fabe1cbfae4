// SPDX-License-Identifier: MIT
// How texts become tokens. A benchmark names one.

/** White space as Python's str.split has it, which the usual tools are written in. */
const SPACES = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/u;

export const TOKENISERS = {
  /** What white space separates, as it stands. */
  whitespace: (text: string): string[] => text.split(SPACES).filter((token) => token !== ""),

  /** mteval-v13a, as sacrebleu has it under the name 13a. */
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

  /** The default of rouge-score: lower case, runs of a-z and 0-9. */
  rouge: (text: string): string[] => text.toLowerCase().match(/[a-z0-9]+/g) ?? [],
} as const satisfies Record<string, (text: string) => string[]>;

export type Tokeniser = keyof typeof TOKENISERS;
