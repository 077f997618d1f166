import type { IntlShape } from 'react-intl';
import type uPlot from 'uplot';
import { type ChartData, drawn, type Line } from './charts';
import { BYTE_STEPS, formatValue } from './format';

export interface Look {
  lines: readonly string[];
  text: string;
  grid: string;
  mark: string;
}
/** What may change while the chart stays: read at each drawing. Seconds since 1970. */
export interface Shown {
  from: number;
  to: number;
  restarts: readonly number[];
}
export interface PlotEvents {
  /** The pointer is at this place among the points, or left. */
  moved(index: number | undefined): void;
  /** A stretch was chosen by dragging. */
  chosen(from: number, to: number): void;
  clicked(index: number): void;
}

export const PLOT_HEIGHT = 180;
/** The same for all charts, so that a moment is at the same place in each. */
const AXIS_WIDTH = 76;
const DASHES: readonly (number[] | undefined)[] = [undefined, [6, 4], [2, 3], [10, 3, 2, 3]];
/** Lines differ in more than colour. */
export const dashOf = (index: number): number[] | undefined => DASHES[index % DASHES.length];
export const colourOf = (look: Look, index: number): string => look.lines[index % look.lines.length] ?? look.text;

/** How a chart is drawn: per line the mean, and the band from lowest to highest as two lines without width. */
export function plotOptions(
  data: ChartData,
  look: Look,
  intl: IntlShape,
  width: number,
  shown: () => Shown,
  events: PlotEvents,
): uPlot.Options {
  const { series, bands } = seriesOf(drawn(data), look);
  const axis = { stroke: look.text, font: '11px system-ui, sans-serif', ticks: { stroke: look.grid, size: 4 } };
  return {
    width,
    height: PLOT_HEIGHT,
    legend: { show: false },
    padding: [10, 32, 0, 0], // half of a label of time stands beyond the right end
    series,
    bands,
    scales: {
      x: { time: true, range: () => [shown().from, shown().to] },
      y: { range: rangeOf(data) },
    },
    axes: [
      { ...axis, size: 30, space: 64, grid: { stroke: look.grid, width: 1 }, values: timeMarks(intl) },
      {
        ...axis,
        size: AXIS_WIDTH,
        space: 34,
        gap: 6,
        grid: { stroke: look.grid, width: 1 },
        ...(data.unit === 'bytes' || data.unit === 'bytesPerSecond' ? { incrs: BYTE_STEPS } : {}),
        values: (_, splits) => splits.map((value) => formatValue(intl, data.unit, value)),
      },
    ],
    cursor: { y: false, drag: { x: true, y: false, setScale: false, dist: 4 }, points: { size: 7 } },
    hooks: {
      setCursor: [(u) => events.moved(u.cursor.idx ?? undefined)],
      setSelect: [
        (u) => {
          const { left, width: wide } = u.select;
          if (wide > 0) events.chosen(u.posToVal(left, 'x'), u.posToVal(left + wide, 'x'));
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
      ready: [
        (u) =>
          u.over.addEventListener('click', () => {
            if (typeof u.cursor.idx === 'number') events.clicked(u.cursor.idx);
          }),
      ],
      draw: [(u) => drawRestarts(u, shown().restarts, look)],
    },
  };
}

/** The values in the order of `seriesOf`. */
export function valuesOf(times: number[], data: ChartData): uPlot.AlignedData {
  return [
    times,
    ...drawn(data).flatMap(({ mean, low, high }) => (low && high ? [mean, high, low] : [mean])),
  ] as uPlot.AlignedData;
}

function seriesOf(lines: readonly Line[], look: Look): { series: uPlot.Series[]; bands: uPlot.Band[] } {
  const series: uPlot.Series[] = [{}];
  const bands: uPlot.Band[] = [];
  for (const [index, line] of lines.entries()) {
    const colour = colourOf(look, index);
    series.push({
      stroke: colour,
      width: 1.5,
      dash: dashOf(index),
      points: { show: false, filter: (u, place) => aloneIn(u.data[place] ?? []), size: 4, fill: colour },
    });
    if (!line.low || !line.high) continue;
    const edge = { stroke: 'transparent', width: 0, points: { show: false } };
    bands.push({ series: [series.length, series.length + 1], fill: `${colour}2e` });
    series.push(edge, { ...edge });
  }
  return { series, bands };
}

/** A value between two gaps makes no line: it is drawn as a point. */
function aloneIn(values: ArrayLike<number | null | undefined>): number[] {
  const alone: number[] = [];
  const is = (index: number) => typeof values[index] === 'number';
  for (let index = 0; index < values.length; index++) {
    if (is(index) && !is(index - 1) && !is(index + 1)) alone.push(index);
  }
  return alone;
}

function rangeOf({ unit }: ChartData): uPlot.Scale.Range {
  if (unit === 'percent') return [0, 100];
  if (unit === 'celsius') {
    return (_, low, high) => [Math.floor((low ?? 0) / 10) * 10, Math.ceil(((high ?? 0) + 1) / 10) * 10];
  }
  return (_, __, high) => [0, high > 0 ? high * 1.08 : 1];
}

/** Times in the viewer's zone; the day where a new one begins. */
function timeMarks(intl: IntlShape): uPlot.Axis.Values {
  const format = (seconds: number, options: Intl.DateTimeFormatOptions) => intl.formatDate(seconds * 1000, options);
  return (_, splits, __, ___, step) => {
    let day = '';
    return splits.map((split) => {
      const today = format(
        split,
        step >= 86_400 * 28 ? { month: 'short', year: 'numeric' } : { day: 'numeric', month: 'short' },
      );
      if (step >= 86_400) return today;
      const time = format(split, { hour: '2-digit', minute: '2-digit', ...(step < 60 ? { second: '2-digit' } : {}) });
      const label = day !== '' && today !== day ? today : time;
      day = today;
      return label;
    });
  };
}

/** A dashed line with a triangle where the device started anew. */
function drawRestarts(u: uPlot, restarts: readonly number[], look: Look): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.strokeStyle = look.mark;
  ctx.fillStyle = look.mark;
  ctx.setLineDash([3, 3]);
  for (const restart of restarts) {
    const x = Math.round(u.valToPos(restart, 'x', true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.beginPath();
    ctx.moveTo(x - 5, bbox.top - 8);
    ctx.lineTo(x + 5, bbox.top - 8);
    ctx.lineTo(x, bbox.top);
    ctx.fill();
  }
  ctx.restore();
}
