// SPDX-License-Identifier: MIT
// Builds HTML so that no text can become markup by accident.

/** A piece of HTML that is safe to use unchanged. */
export class Markup {
  constructor(readonly text: string) {}
}

type Content = Markup | string | number | bigint | readonly Markup[];

/** An HTML template tag that escapes everything inserted, except {@link Markup}. */
export function html(parts: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  return new Markup(
    parts.map((part, index) => (index === 0 ? part : render(contents[index - 1] ?? "") + part)).join(""),
  );
}

function render(content: Content): string {
  if (content instanceof Markup) return content.text;
  if (Array.isArray(content)) return content.map(render).join("\n");
  return escape(String(content));
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
}
