// SPDX-License-Identifier: MIT
// Scales and ticks of charts.

/** Maps values to positions, and lists the values to mark with ticks. */
export interface Axis {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

/** An axis from 0 to `max`, drawn from `start` to `end`, with about `count` ticks. */
export function axis(max: number, start: number, end: number, count: number): Axis {
  const step = niceStep(max / count);
  const ticks = Array.from({ length: Math.floor(max / step + 1e-9) + 1 }, (_, index) => index * step);
  return { at: (value) => round(start + (value / max) * (end - start)), ticks };
}

/** Rounds to a hundredth of a pixel. */
export function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** 1, 2 or 5 times a power of ten, at least `least`. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 5].find((factor) => factor * power >= least * 0.999) ?? 10) * power;
}

/** A tick's label, such as 150k, 1.5M or 0.02. */
export function short(value: number): string {
  const units: [number, string][] = [
    [1e9, "B"],
    [1e6, "M"],
    [1e3, "k"],
  ];
  const [unit, letter] = units.find(([size]) => value >= size) ?? [1, ""];
  return `${Number((value / unit).toPrecision(4))}${letter}`;
}
