// Scales and ticks of the page's own charts.

/** Maps values to positions, and lists the values to mark with ticks. */
export interface Scale1D {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

/** A scale from `min` to `max`, drawn from `start` to `end`, with about `count` ticks at round values. */
export function scaleBetween(min: number, max: number, start: number, end: number, count: number): Scale1D {
  const span = max > min ? max - min : Math.abs(max) || 1;
  const step = roundStep(span / count);
  const first = Math.ceil(min / step - 1e-9) * step;
  const length = Math.max(1, Math.floor((min + span - first) / step + 1e-9) + 1);
  return {
    at: (value) => Math.round((start + ((value - min) / span) * (end - start)) * 100) / 100,
    ticks: Array.from({ length }, (_, index) => Number((first + index * step).toPrecision(12))),
  };
}

/** 1, 2 or 5 times a power of ten, at least `least`. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 5].find((factor) => factor * power >= least * 0.999) ?? 10) * power;
}

const UNITS: readonly (readonly [number, string])[] = [
  [1e9, "B"],
  [1e6, "M"],
  [1e3, "k"],
];

/** A tick's label, such as 150k, 1.5M or 0.02. */
export function shortFigure(value: number): string {
  const [unit, letter] = UNITS.find(([size]) => Math.abs(value) >= size) ?? [1, ""];
  return `${Number((value / unit).toPrecision(4))}${letter}`;
}
