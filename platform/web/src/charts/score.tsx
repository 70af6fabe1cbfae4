// The score over the course of its improvements, with the lower bound that each statement claims.

import type { ModelFacts } from "../chain/model.ts";
import { inPercent, Score, Time } from "../ui/figures.tsx";
import { Chart, DataTable } from "../ui/parts.tsx";
import { usePaperWidth } from "./paper.ts";
import { scaleBetween } from "./scale.ts";

const HEIGHT = 230;

export function ScoreChart({ facts }: { readonly facts: ModelFacts }) {
  const { state, improvements, times } = facts;
  const { benchmark } = state;
  const width = usePaperWidth();
  const plot = { left: 44, right: width - 14, top: 30, bottom: HEIGHT - 40 };
  if (benchmark === undefined) return <p className="empty">There is no score before a benchmark is registered.</p>;
  const isHigherBetter = benchmark.direction === 0n;
  const steps = [
    { name: "registered", score: Number(benchmark.baselineScore), low: undefined as number | undefined, block: 0 },
    ...improvements.map(({ baselineScore, candidateScore, lowerBoundBps, block }, index) => ({
      name: `improvement ${index + 1}`,
      score: Number(candidateScore),
      low:
        lowerBoundBps === undefined
          ? undefined
          : Number(baselineScore) + (isHigherBetter ? lowerBoundBps : -lowerBoundBps),
      block,
    })),
  ];
  const values = steps.flatMap(({ score, low }) => (low === undefined ? [score] : [score, low]));
  const target = Number(benchmark.targetScore);
  if (target > 0) values.push(target);
  const [least, most] = [Math.min(...values) / 100, Math.max(...values) / 100];
  const room = Math.max(0.5, (most - least) * 0.15);
  const y = scaleBetween(Math.max(0, least - room), Math.min(100, most + room), plot.bottom, plot.top, 4);
  const x = scaleBetween(0, Math.max(1, steps.length - 1), plot.left + 24, plot.right - 24, 1);
  const places = steps.map(({ score, low }, index) => ({
    x: x.at(steps.length === 1 ? 0.5 : index),
    y: y.at(score / 100),
    low: low === undefined ? undefined : y.at(low / 100),
  }));
  const stairs = places
    .flatMap((place, index) => [
      ...(index > 0 ? [`${place.x},${places[index - 1]?.y ?? 0}`] : []),
      `${place.x},${place.y}`,
    ])
    .join(" ");
  const gained = Number(state.score) - Number(benchmark.baselineScore);
  return (
    <Chart
      title="Score history"
      summary={`${inPercent(state.score)} now, ${inPercent(gained, true)} since it was registered at ${inPercent(benchmark.baselineScore)}; ${isHigherBetter ? "higher" : "lower"} is better.`}
      table={
        <DataTable
          caption="Scores"
          rows={steps}
          keyOf={({ name }) => name}
          empty=""
          columns={[
            { name: "When", isText: true, cell: ({ name }) => name },
            { name: "Score", cell: ({ score }) => <Score bps={score} /> },
            { name: "At least", cell: ({ low }) => (low === undefined ? "not stated" : <Score bps={low} />) },
            {
              name: "Time",
              isText: true,
              cell: ({ block }) => (block === 0 ? "at registration" : <Time seconds={times.get(block) ?? 0} />),
            },
          ]}
        />
      }
    >
      <svg viewBox={`0 0 ${width} ${HEIGHT}`} aria-hidden="true">
        {y.ticks.map((tick) => (
          <g key={tick}>
            <line className="grid" x1={plot.left} x2={plot.right} y1={y.at(tick)} y2={y.at(tick)} />
            <text className="tick" x={plot.left - 8} y={y.at(tick) + 5} textAnchor="end">
              {tick}
            </text>
          </g>
        ))}
        <text className="label" x={4} y={16}>
          score, %
        </text>
        <text className="label" x={plot.right} y={HEIGHT - 8} textAnchor="end">
          improvements; bars: lower bounds
        </text>
        {target > 0 && (
          <line className="target" x1={plot.left} x2={plot.right} y1={y.at(target / 100)} y2={y.at(target / 100)} />
        )}
        <polyline className="curve" points={stairs} />
        {places.map((place) => (
          <g key={place.x}>
            {place.low !== undefined && (
              <path className="interval" d={`M ${place.x} ${place.y} V ${place.low} m -7 0 h 14`} />
            )}
            <circle className="point" cx={place.x} cy={place.y} r={5} />
          </g>
        ))}
      </svg>
    </Chart>
  );
}
