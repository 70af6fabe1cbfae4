// Makes text that others wrote safe for a terminal: names and symbols of tokens, content of files, messages of nodes.

/** Control characters, marks that reverse or hide text, unusual line ends, halves of characters. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu;

/** The same, except for what our own output contains: line ends, and the terminal's colours. */
const UNSAFE_IN_OUTPUT = /\p{Cc}\[(?:0|1|2|32|33|36)m|[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu;

const STYLE = "\u001b[";

/** How many characters of a foreign text are shown; a longer text is shortened, visibly. */
const LONGEST = 120;

const NAMES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function escape(character: string): string {
  return NAMES[character] ?? `\\u{${(character.codePointAt(0) as number).toString(16)}}`;
}

/** A foreign text on one line. Whatever could move the cursor, or hide or reverse the text around it, is escaped visibly. */
export function printed(text: string, longest = LONGEST): string {
  const characters = [...text];
  const shown = characters.slice(0, longest).join("").replace(UNSAFE, escape);
  const more = characters.length - longest;
  return more > 0 ? `${shown}… (${more} characters more)` : shown;
}

/** Output on its way to a stream: control characters that are neither line ends nor our own colours are escaped. */
export function printedOutput(output: string, hasColours: boolean): string {
  return output.replace(UNSAFE_IN_OUTPUT, (found) => {
    if (found === "\n") return found;
    if (found.startsWith(STYLE)) return hasColours ? found : "";
    return found.replace(UNSAFE, escape);
  });
}

/** JSON text that a terminal shows unchanged: escaped as JSON escapes, so that programs read the same. */
export function printedJson(json: string): string {
  return json.replace(/[^\n\P{C}]|[\p{Zl}\p{Zp}]/gu, (found) =>
    found
      .split("")
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
      .join(""),
  );
}
