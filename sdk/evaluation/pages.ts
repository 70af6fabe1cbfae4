// SPDX-License-Identifier: MIT
// Memory that grows without holding everything twice.

/** Numbers of a page. */
export const PAGE = 2 ** 20;
/** Pieces begin at multiples of it, so that 32 bits say where. */
const STEP = 4;
const STEP_BITS = 18;
const STEPS_OF_A_PAGE = 2 ** STEP_BITS;
const MOST_PAGES = 2 ** (32 - STEP_BITS);

/** Numbers in pages, so that no growth copies them. A piece never lies in two pages. */
export class Pages<T extends Uint8Array | Uint16Array> {
  readonly #make: (length: number) => T;
  readonly #pages: T[] = [];
  #free = 0;

  constructor(make: (length: number) => T) {
    this.#make = make;
  }

  /** Room for so many numbers: where it begins. Throws a RangeError after 2³⁴ of them. */
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

/** Where in its page a piece begins. */
export function placeInPage(start: number): number {
  return (start % STEPS_OF_A_PAGE) * STEP;
}

/** Numbers that are appended one by one. */
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
