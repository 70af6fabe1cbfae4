import { existsSync } from "node:fs";
import { chromium, type Browser, type Page, type ViewportSize } from "playwright-core";

const EXECUTABLE = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";
const FLAGS = [
  ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
];

/** Least contrast of text, WCAG AA, and of graphics. */
export const [READABLE, DISTINCT] = [4.5, 3];

/** A browser; refuses a machine that has none. */
export async function openBrowser(): Promise<Browser> {
  if (!existsSync(EXECUTABLE)) {
    throw new Error(`there is no browser at ${EXECUTABLE}: install Chromium, or name one in CHROMIUM_PATH.`);
  }
  return chromium.launch({ executablePath: EXECUTABLE, args: FLAGS });
}

/** A page that is open, what it has complained of, and what it has asked for. */
export interface OpenPage {
  readonly page: Page;
  readonly said: readonly string[];
  readonly requested: readonly string[];
}

/** Opens an address on a screen of this size, in light or dark. */
export async function openPage(
  browser: Browser,
  url: string,
  look: { readonly viewport: ViewportSize; readonly colorScheme: "light" | "dark" },
): Promise<OpenPage> {
  const [said, requested]: [string[], string[]] = [[], []];
  const page = await browser.newPage(look);
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(error.message));
  page.on("dialog", (dialog) => {
    said.push(dialog.message());
    void dialog.dismiss();
  });
  page.on("request", (request) => requested.push(request.url()));
  await page.goto(url);
  return { page, said, requested };
}

/** Contrast of text, or of shapes, with what is behind it: everything that has less than `least`. */
export function tooFaint(page: Page, selector: string, property: "color" | "fill" | "stroke", least: number) {
  return page.evaluate(
    ([what, paint, minimum]) => {
      const channels = (colour: string) => (colour.match(/[\d.]+/g) ?? []).map(Number);
      const luminance = (colour: string) => {
        const [red = 0, green = 0, blue = 0] = channels(colour).map((value) =>
          value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4,
        );
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
      };
      const behind = (element: Element | null): string => {
        if (element === null) return "rgb(255, 255, 255)";
        const colour = getComputedStyle(element).backgroundColor;
        return (channels(colour)[3] ?? 1) === 0 ? behind(element.parentElement) : colour;
      };
      const elements = [...document.querySelectorAll(what)].filter((element) => element.getClientRects().length > 0);
      const measured = elements.map((element) => {
        const [one, other] = [getComputedStyle(element)[paint], behind(element)].map(luminance) as [number, number];
        const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
        return { element: `${element.tagName}.${element.getAttribute("class")}`, contrast };
      });
      return { count: measured.length, faint: measured.filter(({ contrast }) => contrast < minimum) };
    },
    [selector, property, least] as const,
  );
}
