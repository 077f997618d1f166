const round = (number, digits) => (Number.isFinite(number) ? Number(number.toFixed(digits)) : null);

/** p50, p99, p99.9 and the greatest of a list of milliseconds. */
export function percentiles(values) {
  const sorted = Float64Array.from(values).sort();
  const at = (share) => round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))], 3);
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) };
}

/** One server's figures from what was seen. */
export function figuresOf({ devices, base, connected, connecting, messages, push }) {
  return {
    memory: round((connected.idle.memory - base.memory) / devices, 1),
    residentMemory: round((connected.idle.rss - base.rss) / devices, 1),
    baseMemory: round(base.memory / 1024, 1),
    connectionRate: round(devices / connecting.seconds, 0),
    processorPerConnection: round((connected.after.cpu - base.cpu) / devices, 3),
    signIn: percentiles(connecting.waits),
    message: messageFigures(messages),
    httpPush: push && messageFigures(push),
  };
}

const messageFigures = ({ sent, delays, seconds, cpu, late }) => ({
  sent,
  lost: sent - delays.length,
  perSecond: round(sent / seconds, 0),
  ...percentiles(delays),
  processorPerMessage: round((cpu * 1000) / sent, 1),
  generatorLateP99: percentiles(late).p99,
});

/** One server's figures of several rounds as one: the median of each, and of what was lost the sum. */
export function ofRounds(rounds) {
  const [first] = rounds;
  return Object.fromEntries(
    Object.entries(first).map(([name, value]) => {
      const values = rounds.map((figures) => figures[name]);
      if (name === 'lost') return [name, values.reduce((sum, lost) => sum + lost, 0)];
      if (typeof value === 'number') return [name, median(values)];
      return [name, isFigures(value) ? ofRounds(values) : value];
    }),
  );
}

const isFigures = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** [name, how to read it from a server's figures, whether more is better] */
const COMPARED = [
  ['memory', (figures) => figures.memory],
  ['processorPerConnection', (figures) => figures.processorPerConnection],
  ['connectionRate', (figures) => figures.connectionRate, true],
  ['pushP99', (figures) => figures.message.p99],
  ['processorPerMessage', (figures) => figures.message.processorPerMessage],
  ['httpPushP99', (figures) => figures.httpPush?.p99],
];

/** Ours to the better peer, figure by figure; null where there is nothing to compare with. */
export function ratiosOf(ours, peers) {
  return Object.fromEntries(
    COMPARED.map(([name, read, moreIsBetter]) => {
      const theirs = peers.map(read).filter((value) => typeof value === 'number');
      const best = moreIsBetter ? Math.max(...theirs) : Math.min(...theirs);
      const own = ours && read(ours);
      return [name, theirs.length > 0 && typeof own === 'number' ? round(own / best, 2) : null];
    }),
  );
}

/** Milliseconds that the client may be late in one of a hundred sends before delays say more of the machine than of a server. */
const LATE = 5;

/** Why the figures should not be believed. */
export function doubts(servers, load, cores) {
  const busy = load > 0.5 ? [`the machine was busy before the run (load ${load.toFixed(1)} on ${cores} cores)`] : [];
  const series = Object.entries(servers).flatMap(([name, { message, httpPush }]) =>
    [message, httpPush].filter(Boolean).map((figures) => ({ name, ...figures })),
  );
  return [
    ...busy,
    ...series
      .filter(({ generatorLateP99 }) => generatorLateP99 > LATE)
      .map(
        ({ name, generatorLateP99 }) =>
          `the client was late against ${name} (p99 ${generatorLateP99} ms): its delays are the machine's`,
      ),
    ...series.filter(({ lost }) => lost > 0).map(({ name, lost }) => `${lost} messages did not arrive on ${name}`),
  ];
}
