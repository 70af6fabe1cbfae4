// What others wrote, as a terminal may show it: names and symbols of tokens, content of files, words of nodes.

/** Control characters, marks that turn or hide text, other ends of lines, halves of characters. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu;

/** The same, with what our own output has: ends of lines, and the colours of the terminal's styles. */
const UNSAFE_IN_OUTPUT = /\p{Cc}\[(?:0|1|2|32|33|36)m|[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu;

const STYLE = "\u001b[";

/** Characters of a foreign text that are shown; what is longer is shortened, and says so. */
const LONGEST = 120;

const NAMES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function escape(character: string): string {
  return NAMES[character] ?? `\\u{${(character.codePointAt(0) as number).toString(16)}}`;
}

/** A foreign text on one line: what could move the cursor, hide or turn what stands around it is escaped visibly. */
export function printed(text: string, longest = LONGEST): string {
  const characters = [...text];
  const shown = characters.slice(0, longest).join("").replace(UNSAFE, escape);
  const more = characters.length - longest;
  return more > 0 ? `${shown}… (${more} characters more)` : shown;
}

/** Output on its way to a stream: whatever is left in it that is neither a line's end nor one of our colours is escaped. */
export function printedOutput(output: string, hasColours: boolean): string {
  return output.replace(UNSAFE_IN_OUTPUT, (found) => {
    if (found === "\n") return found;
    if (found.startsWith(STYLE)) return hasColours ? found : "";
    return found.replace(UNSAFE, escape);
  });
}

/** JSON text that shows in a terminal what it says: escaped as JSON does, so that programs read the same. */
export function printedJson(json: string): string {
  return json.replace(/[^\n\P{C}]|[\p{Zl}\p{Zp}]/gu, (found) =>
    found
      .split("")
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
      .join(""),
  );
}
