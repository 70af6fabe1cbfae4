// SPDX-License-Identifier: MIT
// Memory that grows without holding everything twice.

/** Bytes of a page. */
export const PAGE = 2 ** 20;

/** Bytes in pages, so that no growth copies them. A piece never lies in two pages. */
export class Pages {
  readonly #pages: Uint8Array[] = [];
  #free = 0;

  /** Room for so many bytes: where it begins. */
  reserve(length: number): number {
    if (this.#pages.length === 0 || this.#free < length) {
      this.#free = Math.max(PAGE, length);
      this.#pages.push(new Uint8Array(this.#free));
    }
    const last = this.#pages.length - 1;
    const start = last * PAGE + (this.#pages[last] as Uint8Array).length - this.#free;
    this.#free -= length;
    return start;
  }

  pageOf(start: number): Uint8Array {
    return this.#pages[Math.floor(start / PAGE)] as Uint8Array;
  }
}

/** Where in its page a piece begins: what `start % PAGE` is, several times faster for doubles. */
export function placeInPage(start: number): number {
  return start - Math.floor(start / PAGE) * PAGE;
}

/** Numbers that are appended one by one. */
export class Growing<T extends Uint32Array | Float64Array> {
  list: T;
  size = 0;
  readonly #make: (size: number) => T;

  constructor(make: (size: number) => T) {
    this.#make = make;
    this.list = make(1024);
  }

  push(value: number): void {
    if (this.size === this.list.length) {
      const larger = this.#make(2 * this.size);
      larger.set(this.list);
      this.list = larger;
    }
    this.list[this.size++] = value;
  }
}

export function growingUint32(): Growing<Uint32Array> {
  return new Growing((size) => new Uint32Array(size));
}

export function growingDoubles(): Growing<Float64Array> {
  return new Growing((size) => new Float64Array(size));
}
