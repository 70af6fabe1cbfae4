// SPDX-License-Identifier: MIT

import { parseDecimal, type Fraction } from "./fraction.ts";

/** Returns the exact decimal value of a number in the specification, as written by its shortest representation. */
export function fractionOf(value: number): Fraction {
  return parseDecimal(String(value)) as Fraction;
}
