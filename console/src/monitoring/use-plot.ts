import 'uplot/dist/uPlot.min.css';
import { type RefObject, useEffect, useMemo, useRef } from 'react';
import { useIntl } from 'react-intl';
import uPlot from 'uplot';
import type { ChartData } from './charts';
import type { SharedCursor } from './cursor';
import { type Look, plotOptions, type PlotEvents, type Shown, valuesOf } from './plot-options';

interface PlotInput {
  data: ChartData;
  times: number[];
  shown: Shown;
  look: Look;
  cursor: SharedCursor;
  events: Omit<PlotEvents, 'moved'>;
}

/** Draws a chart into an element. It is made anew only when its lines or its look change, else it takes new values. */
export function usePlot(place: RefObject<HTMLElement | null>, input: PlotInput): void {
  const intl = useIntl();
  const latest = useRef(input);
  const plot = useRef<uPlot>(undefined);
  const { data, times, shown, look, cursor } = input;
  const lines = JSON.stringify([
    data.chart,
    data.lines.map(({ label, name, low }) => [label, name, low !== undefined]),
  ]);
  const values = useMemo(() => valuesOf(times, data), [times, data]);

  useEffect(() => {
    latest.current = input;
  });
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const options = plotOptions(latest.current.data, look, intl, element.clientWidth, () => latest.current.shown, {
      moved: cursor.set,
      chosen: (from, to) => latest.current.events.chosen(from, to),
      clicked: (index) => latest.current.events.clicked(index),
    });
    const made = new uPlot(options, valuesOf(latest.current.times, latest.current.data), element);
    plot.current = made;
    const resized = new ResizeObserver(() => {
      const width = element.clientWidth;
      if (width > 0 && width !== made.width) made.setSize({ width, height: made.height });
    });
    resized.observe(element);
    const follow = cursor.subscribe(() => point(made, cursor.index));
    return () => {
      follow();
      resized.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [place, lines, look, intl, cursor]);
  useEffect(() => {
    plot.current?.setData(values);
  }, [values, shown.from, shown.to]);
}

/** Puts the cursor where the other charts have it, without telling them again. */
function point(plot: uPlot, index: number | undefined): void {
  const at = index === undefined ? undefined : plot.data[0][index];
  if (plot.cursor.idx === index) return;
  plot.setCursor(at === undefined ? { left: -10, top: -10 } : { left: plot.valToPos(at, 'x'), top: 0 }, false);
}
