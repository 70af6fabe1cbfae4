// SPDX-License-Identifier: MIT
// Renders a document as one self-contained page without scripts, fonts or network access. All foreign text in it is escaped.

import { html, Markup } from "./html.ts";
import { STYLE } from "./style.ts";

/** The page's content security policy: its own style is allowed, and nothing else. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

/** The contents of a page. */
export interface ReportPage {
  readonly title: string;
  /** The kind of document. */
  readonly kind: string;
  /** The content below the title. */
  readonly lead?: Markup;
  readonly main: Markup;
  /** What the reader must know about units and sources. */
  readonly footer: Markup;
}

/** Returns the page as HTML. */
export function renderReportPage({ title, kind, lead, main, footer }: ReportPage): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · ${kind.toLowerCase()}</title>
        <style>
          ${new Markup(STYLE)}
        </style>
      </head>
      <body>
        <header>
          <p class="kicker">${kind}</p>
          <h1>${title}</h1>
          ${lead ?? ""}
        </header>
        <main>${main}</main>
        <footer><p>${footer}</p></footer>
      </body>
    </html> `.text;
}

/** Renders the key figures, each with its name and unit. */
export function figureList(entries: readonly (readonly [name: string, value: string, unit: string])[]): Markup {
  return html`<dl class="figures">
    ${entries.map(
      ([name, value, unit]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value} <small>${unit}</small></dd>
        </div>`,
    )}
  </dl>`;
}
