// Values over time: a line that holds each value until the next, with the range from lowest to highest if there is one.

import type { ReactNode } from "react";
import { Chart } from "../ui/parts.tsx";
import { PlotFrame } from "./axes.tsx";
import { usePaperWidth } from "./paper.ts";
import { scaleBetween } from "./scale.ts";

const HEIGHT = 240;
const DAY = 86_400;

/** A value that holds from a time on, in seconds since 1970. */
export interface TimelineValue {
  readonly at: number;
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
}

interface TimelineProps {
  readonly title: string;
  readonly summary: string;
  readonly table: ReactNode;
  readonly values: readonly TimelineValue[];
  /** The time up to which the last value is drawn. */
  readonly until: number;
  readonly yLabel: string;
  readonly xLabel: string;
}

/** A time on the axis: the hour if the whole axis spans less than two days, otherwise the day. */
function tickWords(seconds: number, span: number): string {
  const date = new Date(seconds * 1000);
  return span < 2 * DAY
    ? date.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" })
    : date.toLocaleDateString("en-GB", { day: "numeric", month: "short" });
}

export function Timeline({ title, summary, table, values, until, yLabel, xLabel }: TimelineProps) {
  const width = usePaperWidth();
  const plot = { left: 54, right: width - 20, top: 30, bottom: HEIGHT - 44 };
  const [first] = values;
  if (first === undefined) return null;
  const end = Math.max(until, first.at + 1);
  const all = values.flatMap(({ value, low = value, high = value }) => [low, high]);
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const room = (most - least || most || 1) * 0.1;
  const x = scaleBetween(first.at, end, plot.left, plot.right, 1);
  const y = scaleBetween(Math.max(0, least - room), most + room, plot.bottom, plot.top, 4);
  const count = width < 400 ? 2 : 4;
  const times = Array.from({ length: count + 1 }, (_, index) => first.at + ((end - first.at) * index) / count);
  const words = times.map((time) => tickWords(time, end - first.at));
  const stairs = values.flatMap(({ at, value }, index) => [
    ...(index > 0 ? [`${x.at(at)},${y.at(values[index - 1]?.value ?? value)}`] : []),
    `${x.at(at)},${y.at(value)}`,
  ]);
  return (
    <Chart title={title} summary={summary} table={table}>
      <svg viewBox={`0 0 ${width} ${HEIGHT}`} aria-hidden="true">
        <PlotFrame plot={plot} y={y} xLabel={xLabel} yLabel={yLabel}>
          {times.map((time, index) => (
            <text
              key={time}
              className="tick"
              x={x.at(time)}
              y={plot.bottom + 20}
              textAnchor={index === 0 ? "start" : index === count ? "end" : "middle"}
            >
              {words.indexOf(words[index] ?? "") === index && words[index]}
            </text>
          ))}
        </PlotFrame>
        {values.map(({ at, low, high }) =>
          low === undefined || high === undefined ? null : (
            <path
              key={at}
              className="interval"
              d={`M ${x.at(at) - 4} ${y.at(high)} h 8 m -4 0 V ${y.at(low)} m -4 0 h 8`}
            />
          ),
        )}
        <polyline
          className="curve"
          points={[...stairs, `${x.at(end)},${y.at(values.at(-1)?.value ?? first.value)}`].join(" ")}
        />
        {values.map(({ at, value }) => (
          <circle key={at} className="point" cx={x.at(at)} cy={y.at(value)} r={values.length > 60 ? 2 : 4} />
        ))}
      </svg>
    </Chart>
  );
}
