// How a price moved, at a glance; the text beside it says the same.

import { scaleBetween } from "./scale.ts";

export function Sparkline({ values }: { readonly values: readonly number[] }) {
  if (values.length < 2) return null;
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const x = scaleBetween(0, values.length - 1, 2, 94, 1);
  const y = scaleBetween(least, most === least ? least + 1 : most, 26, 2, 1);
  return (
    <svg className="sparkline" viewBox="0 0 96 28" aria-hidden="true">
      <polyline className="curve" points={values.map((value, index) => `${x.at(index)},${y.at(value)}`).join(" ")} />
    </svg>
  );
}
