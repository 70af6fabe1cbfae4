// SPDX-License-Identifier: MIT

/** The element at an index that is known to be inside; throws a RangeError where it is not. */
export function at<T>(list: ArrayLike<T>, index: number): T {
  if (!(index in list)) throw new RangeError(`index ${index} is outside a list of ${list.length}`);
  return list[index] as T;
}
