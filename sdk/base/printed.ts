// Makes foreign text safe for a terminal: names and symbols of tokens, contents of files, messages of nodes.

/** Control characters, characters that reverse or hide text, unusual line breaks, unpaired surrogates and private-use characters. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu;

/** The same characters, except for those of our own output: line breaks and terminal colours. */
const UNSAFE_IN_OUTPUT = /\p{Cc}\[(?:0|1|2|32|33|36)m|[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu;

const STYLE = "\u001b[";

/** The number of characters of a foreign text that are shown. Longer texts are cut, and the result says so. */
const LONGEST = 120;

const NAMES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function escape(character: string): string {
  return NAMES[character] ?? `\\u{${(character.codePointAt(0) as number).toString(16)}}`;
}

/** Returns foreign text on a single line. Every character that could move the cursor, or hide or reverse text, is escaped visibly. */
export function printed(text: string, longest = LONGEST): string {
  const characters = [...text];
  const shown = characters.slice(0, longest).join("").replace(UNSAFE, escape);
  const more = characters.length - longest;
  return more > 0 ? `${shown}… (${more} characters more)` : shown;
}

/** Makes output safe for a stream: escapes control characters other than line breaks and our own colours. */
export function printedOutput(output: string, hasColours: boolean): string {
  return output.replace(UNSAFE_IN_OUTPUT, (found) => {
    if (found === "\n") return found;
    if (found.startsWith(STYLE)) return hasColours ? found : "";
    return found.replace(UNSAFE, escape);
  });
}

/** Makes JSON safe for a terminal. It uses JSON's own escapes, so that programs read the same value. */
export function printedJson(json: string): string {
  return json.replace(/[^\n\P{C}]|[\p{Zl}\p{Zp}]/gu, (found) =>
    found
      .split("")
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
      .join(""),
  );
}
