// SPDX-License-Identifier: MIT

import { parseDecimal, type Fraction } from "./fraction.ts";

/** The exact decimal value of a number of the specification, as its shortest text states it. */
export function fractionOf(value: number): Fraction {
  return parseDecimal(String(value)) as Fraction;
}
