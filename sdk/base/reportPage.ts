// SPDX-License-Identifier: MIT
// A document as one page that needs nothing else: no scripts, no fonts, no network; everything in it that others wrote is escaped.

import { html, Markup } from "./html.ts";
import { STYLE } from "./style.ts";

/** What the page may do in the browser of whoever opens it: show its own style, and nothing else. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

/** What a page shows. */
export interface ReportPage {
  readonly title: string;
  /** What kind of document it is. */
  readonly kind: string;
  /** What stands below the title. */
  readonly lead?: Markup;
  readonly main: Markup;
  /** What the reader must know of units and sources. */
  readonly footer: Markup;
}

/** The page as HTML. */
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

/** The figures that a reader looks for first, each with its name and unit. */
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
