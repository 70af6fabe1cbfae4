// SPDX-License-Identifier: MIT

/** Returns the element at an index that is known to be within the list. Throws a RangeError if it is not. */
export function at<T>(list: ArrayLike<T>, index: number): T {
  if (!(index in list)) throw new RangeError(`index ${index} is outside a list of ${list.length}`);
  return list[index] as T;
}
