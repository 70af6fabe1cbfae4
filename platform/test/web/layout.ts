// What is wrong with how a page is laid out, and with how it can be used: empty lists when nothing is.

import axe from "axe-core";
import type { Page } from "playwright-core";

/** Elements that reach past the page's edge, or whose text is cut off. */
export function findMisplaced(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const isHidden = (element: Element) =>
      element.getClientRects().length === 0 || element.closest(".visually-hidden, .skip") !== null;
    const isScrolled = (element: Element) => element.parentElement?.closest(".table-scroll") !== null;
    const nameOf = (element: Element) => `${element.tagName}.${element.getAttribute("class") ?? ""}`;
    const found: string[] = [];
    const { scrollWidth } = document.documentElement;
    if (scrollWidth > width) found.push(`the page is ${scrollWidth} wide on a screen of ${width}`);
    for (const element of document.body.querySelectorAll("*")) {
      if (isHidden(element) || isScrolled(element)) continue;
      const { left, right } = element.getBoundingClientRect();
      if (left < -1 || right > width + 1) found.push(`${nameOf(element)} reaches from ${left} to ${right} of ${width}`);
      const { overflowX } = getComputedStyle(element);
      if (overflowX === "hidden" && element.scrollWidth > element.clientWidth + 1)
        found.push(`${nameOf(element)} is cut`);
    }
    return found;
  });
}

/** Buttons, links and fields that lie on top of one another. */
export function findOverlaps(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const shown = [...document.querySelectorAll("main button, main a, main input, .top a, .top button")].filter(
      (element) => element.getClientRects().length === 1 && element.closest(".table-scroll, header + .skip") === null,
    );
    const boxes = shown.map((element) => ({ element, box: element.getBoundingClientRect() }));
    const found: string[] = [];
    for (const [index, one] of boxes.entries()) {
      for (const other of boxes.slice(index + 1)) {
        if (one.element.closest(".top") !== other.element.closest(".top")) continue;
        if (one.element.contains(other.element) || other.element.contains(one.element)) continue;
        const across = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
        const down = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
        if (across > 1 && down > 1) found.push(`${one.element.textContent} over ${other.element.textContent}`);
      }
    }
    return found;
  });
}

/** Violations that axe finds, each with the first element that it is about. */
export async function findViolations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { axe: tool } = window as unknown as { axe: typeof axe };
    const { violations } = await tool.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ""} ${nodes[0]?.failureSummary ?? ""}`);
  });
}

/** Milliseconds until the largest part of the page was painted. */
export function largestPaint(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        new PerformanceObserver((list) => resolve(list.getEntries().at(-1)?.startTime ?? Infinity)).observe({
          type: "largest-contentful-paint",
          buffered: true,
        });
      }),
  );
}
