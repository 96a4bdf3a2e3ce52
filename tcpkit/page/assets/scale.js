// Where a latency is on the map: rows of the model's edges, as high as each other, and log within.
class Rows {
  constructor(edges, low, high) {
    this.edges = edges; // row k is edges[k-1] < latency <= edges[k]; the last one is above all
    this.low = low;
    this.high = high; // rows shown: low..high
  }

  static of(timeline) {
    let low = Infinity;
    let high = -Infinity;
    for (const column of timeline.columns) {
      for (const [row] of column.cells) {
        low = Math.min(low, row);
        high = Math.max(high, row);
      }
    }
    if (low > high) [low, high] = [6, 24];
    while (high - low < 8) {
      if (high < timeline.edges_ns.length) high += 1;
      if (low > 0) low -= 1;
    }
    return new Rows(timeline.edges_ns, Math.max(0, low - 1), Math.min(timeline.edges_ns.length, high + 1));
  }

  get count() {
    return this.high - this.low + 1;
  }

  // The place of `ns` in rows from the lowest one's lower edge, not beyond what is shown.
  place(ns) {
    const edges = this.edges;
    let row = edges.findIndex((each) => ns <= each);
    if (row < 0) row = edges.length;
    const upper = row < edges.length ? edges[row] : edges[row - 1] * 10;
    const lower = row > 0 ? edges[row - 1] : upper / 2;
    const within = Math.log(Math.max(ns, lower) / lower) / Math.log(upper / lower);
    return Math.min(Math.max(row - this.low + Math.min(within, 1), 0), this.count);
  }

  text(row) {
    if (row >= this.edges.length) return `over ${edge(this.edges[row - 1])}`;
    return row > 0 ? `${edge(this.edges[row - 1])} to ${edge(this.edges[row])}` : `up to ${edge(this.edges[0])}`;
  }
}

// Eight steps of colour for counts, by their logarithm: equal steps are equal factors.
class Ramp {
  constructor(most) {
    this.most = Math.max(most, 1);
  }

  step(number) {
    if (this.most <= 8) return number - 1 + Math.min(4, 8 - this.most);
    return Math.min(7, Math.floor((8 * Math.log(number)) / Math.log(this.most)));
  }
}

// Steps of time that a person counts in, in ns.
const STEPS_S = [1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400];

function timeStep(spanNs, most) {
  return (STEPS_S.find((step) => spanNs / NS_PER_S / step <= most) || 864000) * NS_PER_S;
}
