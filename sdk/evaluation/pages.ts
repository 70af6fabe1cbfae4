// SPDX-License-Identifier: MIT
// Memory that grows without copying its contents.

/** The length of a page, in numbers. */
export const PAGE = 2 ** 20;
/** Pieces begin at multiples of this, so that 32 bits can address them. */
const STEP = 4;
const STEP_BITS = 18;
const STEPS_OF_A_PAGE = 2 ** STEP_BITS;
const MOST_PAGES = 2 ** (32 - STEP_BITS);

/** An array of numbers that grows by pages, so that growth copies nothing. A piece never spans two pages. */
export class Pages<T extends Uint8Array | Uint16Array> {
  readonly #make: (length: number) => T;
  readonly #pages: T[] = [];
  #free = 0;

  constructor(make: (length: number) => T) {
    this.#make = make;
  }

  /** Reserves space for a piece of this length and returns where it begins. Throws a RangeError after 2³⁴ numbers. */
  reserve(length: number): number {
    if (this.#pages.length === 0 || this.#free < length) {
      if (this.#pages.length === MOST_PAGES) throw new RangeError(`more than ${MOST_PAGES} pages of texts`);
      this.#free = Math.max(PAGE, length);
      this.#pages.push(this.#make(this.#free));
    }
    const last = this.#pages.length - 1;
    const start = last * STEPS_OF_A_PAGE + ((this.#pages[last] as T).length - this.#free) / STEP;
    this.#free -= Math.ceil(length / STEP) * STEP;
    return start;
  }

  pageOf(start: number): T {
    return this.#pages[start >>> STEP_BITS] as T;
  }
}

/** Returns where in its page a piece begins. */
export function placeInPage(start: number): number {
  return (start % STEPS_OF_A_PAGE) * STEP;
}

/** A list that numbers are appended to one by one. */
export class GrowingUint32 {
  list = new Uint32Array(1024);
  size = 0;

  push(value: number): void {
    if (this.size === this.list.length) {
      const larger = new Uint32Array(2 * this.size);
      larger.set(this.list);
      this.list = larger;
    }
    this.list[this.size++] = value;
  }
}
