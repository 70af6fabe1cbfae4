// The frame of a chart: grid lines, ticks and axis labels.

import type { ReactNode } from "react";
import { shortFigure, type Scale1D } from "./scale.ts";

/** The area of a chart that values are drawn in, in pixels. */
export interface PlotArea {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

interface FrameProps {
  readonly plot: PlotArea;
  readonly y: Scale1D;
  readonly xLabel: string;
  readonly yLabel: string;
  /** Ticks of the x axis. */
  readonly children: ReactNode;
}

/** The frame of a chart that brings its own x ticks. */
export function PlotFrame({ plot, y, xLabel, yLabel, children }: FrameProps) {
  return (
    <>
      {y.ticks.map((tick) => (
        <g key={tick}>
          <line className="grid" x1={plot.left} x2={plot.right} y1={y.at(tick)} y2={y.at(tick)} />
          <text className="tick" x={plot.left - 8} y={y.at(tick) + 5} textAnchor="end">
            {shortFigure(tick)}
          </text>
        </g>
      ))}
      {children}
      <text className="label" x={4} y={16}>
        {yLabel}
      </text>
      <text className="label" x={plot.right} y={plot.bottom + 40} textAnchor="end">
        {xLabel}
      </text>
    </>
  );
}

/** The frame of a chart with numeric scales on both axes. */
export function Axes({ x, ...frame }: Omit<FrameProps, "children"> & { readonly x: Scale1D }) {
  return (
    <PlotFrame {...frame}>
      {x.ticks.map((tick) => (
        <text key={tick} className="tick" x={x.at(tick)} y={frame.plot.bottom + 20} textAnchor="middle">
          {shortFigure(tick)}
        </text>
      ))}
    </PlotFrame>
  );
}
