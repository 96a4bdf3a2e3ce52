// Latency over time as a map, with what went wrong and the rate beneath, on one axis of time.
const LEFT = 58, RIGHT = 10, LANE = 15, RATE = 46, AXIS = 18, GAP = 8;

class Chart {
  constructor() {
    this.picture = svg("svg", { role: "img", "aria-label": "Latency over time", tabindex: 0 });
    this.readout = el("p", { class: "readout", "aria-live": "polite" });
    this.legend = el("div", { class: "legend" });
    this.element = el("div", { class: "chart" }, this.legend, this.picture, this.readout);
    this.at = null; // the column under the pointer, or chosen with the keys
    this.width = 0;
    const move = (event) => this._point(event);
    this.picture.addEventListener("pointermove", move);
    this.picture.addEventListener("pointerdown", move);
    this.picture.addEventListener("pointerleave", () => this._show(null));
    this.picture.addEventListener("keydown", (event) => this._key(event));
    this.picture.addEventListener("focus", () => this.at == null && this.byColumn && this._show(this.last));
    this.picture.addEventListener("blur", () => this._show(null));
    new ResizeObserver(() => this._resized()).observe(this.element);
  }

  // `last` is the column that time has come to.
  update(model, clock, last) {
    const columns = model.timeline.columns;
    this.model = model;
    this.clock = clock;
    this.timeline = model.timeline;
    this.first = columns.length ? columns[0].column : 0;
    this.last = Math.max(last ?? 0, columns.length ? columns[columns.length - 1].column : 0, this.first);
    this.byColumn = new Map(columns.map((column) => [column.column, column]));
    this._draw();
  }

  _resized() {
    const width = Math.round(this.element.clientWidth);
    if (width === this.width || width === 0) return;
    this.width = width;
    if (this.timeline) this._draw();
  }

  _draw() {
    if (!this.width) return;
    this.rows = Rows.of(this.timeline);
    const step = Math.max(8, Math.min(15, Math.round(250 / this.rows.count)));
    const high = step * this.rows.count;
    this.box = { step, high, across: this.width - LEFT - RIGHT, top: 6 };
    this.wide = this.box.across / (this.last - this.first + 1);
    this.lanes = 6 + high + GAP;
    this.rates = this.lanes + 2 * LANE + GAP;
    this.height = this.rates + RATE + AXIS;
    this.picture.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
    this.cursor = svg("g");
    this.picture.replaceChildren(...this._frame(), ...this._cells(), ...this._lines(), ...this._marks(), ...this._rate(), this.cursor);
    this._legend();
    this._show(this.at, this.row);
  }

  x(column) {
    return LEFT + (column - this.first) * this.wide;
  }

  y(ns) {
    return this.box.top + this.box.high - this.rows.place(ns) * this.box.step;
  }

  _frame() {
    const { top, high, across } = this.box;
    const parts = [svg("rect", { class: "frame", x: LEFT, y: top, width: across, height: high })];
    let free = Infinity;
    for (let row = this.rows.low; row <= this.rows.high && row < this.rows.edges.length; row++) {
      const ns = this.rows.edges[row];
      const decade = Number.isInteger(Math.log10(ns));
      const y = Math.round(this.y(ns)) + 0.5;
      if (!decade && !/^[35]/.test(String(ns))) continue;
      if (decade) parts.push(svg("path", { class: "grid", d: `M${LEFT} ${y}h${across}` }));
      if (free - y < 13 || y < top + 4) continue;
      free = y;
      parts.push(svg("text", { x: LEFT - 6, y: y + 4, "text-anchor": "end" }, edge(ns)));
    }
    return [...parts, ...this._times()];
  }

  _times() {
    const { begin_ns: begin, width_ns: width } = this.timeline;
    if (begin == null) return [];
    const [from, to] = [begin + this.first * width, begin + (this.last + 1) * width];
    const step = timeStep(to - from, Math.max(2, Math.floor(this.box.across / 95)));
    const decimals = step < NS_PER_S ? 3 : 0;
    const shift = this.clock.offsetS * NS_PER_S;
    const parts = [];
    for (let at = Math.ceil((from + shift) / step) * step - shift; at <= to; at += step) {
      const x = Math.round(LEFT + ((at - from) / width) * this.wide) + 0.5;
      const place = x < LEFT + 30 ? "start" : x > this.width - RIGHT - 30 ? "end" : "middle";
      parts.push(svg("path", { class: "grid", d: `M${x} ${this.box.top}V${this.rates + RATE + 3}` }));
      parts.push(svg("text", { x, y: this.height - 3, "text-anchor": place }, this.clock.text(at + 1000, decimals)));
    }
    return parts;
  }

  _cells() {
    const group = Math.max(1, Math.ceil(1.5 / this.wide)); // columns drawn as one where they are too narrow
    const cells = new Map();
    for (const column of this.timeline.columns) {
      const place = Math.floor((column.column - this.first) / group);
      for (const [row, number] of column.cells) {
        const key = place * 64 + row;
        cells.set(key, (cells.get(key) || 0) + number);
      }
    }
    this.ramp = new Ramp(Math.max(0, ...cells.values()));
    const wide = Math.max(this.wide * group, 2.5);
    const paths = Array.from({ length: 8 }, () => []);
    for (const [key, number] of cells) {
      const x = this.x(this.first + Math.floor(key / 64) * group);
      const y = this.box.top + this.box.high - ((key % 64) - this.rows.low + 1) * this.box.step;
      paths[this.ramp.step(number)].push(`M${x.toFixed(2)} ${y}h${wide.toFixed(2)}v${this.box.step - 1}h-${wide.toFixed(2)}z`);
    }
    return paths.map((each, step) => svg("path", { class: "c" + step, d: each.join("") }));
  }

  _lines() {
    const names = this.model.source.kind === "live" ? ["p999", "p99", "p50"] : ["p99", "p50"];
    const parts = names.flatMap((name) => {
      const d = this._line(name + "_ns");
      return [svg("path", { class: "case", d }), svg("path", { class: name, d })];
    });
    const limit = this.model.source.threshold_ns;
    const place = limit == null ? -1 : this.rows.place(limit);
    if (place > 0 && place < this.rows.count) {
      const y = this.y(limit);
      parts.push(svg("path", { class: "limit", d: `M${LEFT} ${y}h${this.box.across}` }));
      parts.push(svg("text", { class: "limit-text", x: this.width - RIGHT - 4, y: y - 4, "text-anchor": "end" }, `-t ${duration(limit)}`));
    }
    return parts;
  }

  // A step for each column, joined where columns follow each other: no line over times without requests.
  _line(name) {
    let before = null;
    const d = [];
    for (const column of this.timeline.columns) {
      if (!column.requests) continue;
      const y = this.y(column[name]).toFixed(1);
      const x = this.x(column.column);
      d.push(before === column.column - 1 ? `V${y}` : `M${x.toFixed(1)} ${y}`, `H${(x + Math.max(this.wide, 3)).toFixed(1)}`);
      before = column.column;
    }
    return d.join("");
  }

  _marks() {
    const parts = [];
    ["errors", "timeouts"].forEach((name, lane) => {
      const y = this.lanes + lane * LANE;
      parts.push(svg("text", { x: LEFT - 6, y: y + 11, "text-anchor": "end" }, name));
      parts.push(svg("path", { class: "grid", d: `M${LEFT} ${y + LANE - 0.5}h${this.box.across}` }));
      const wide = Math.max(this.wide, 3).toFixed(1);
      const d = this.timeline.columns.filter((column) => column[name]).map((column) => `M${this.x(column.column).toFixed(1)} ${y + 3}h${wide}v${LANE - 5}h-${wide}z`);
      parts.push(svg("path", { class: "marks", d: d.join("") }));
    });
    return parts;
  }

  _rate() {
    const perS = NS_PER_S / this.timeline.width_ns;
    const most = Math.max(1, ...this.timeline.columns.map((column) => column.requests));
    const base = this.rates + RATE;
    const d = this.timeline.columns.map((column) => {
      const high = (RATE - 4) * (column.requests / most);
      const wide = Math.max(this.wide, 1).toFixed(2);
      return `M${this.x(column.column).toFixed(2)} ${base}v-${high.toFixed(1)}h${wide}V${base}z`;
    });
    return [
      svg("path", { class: "grid", d: `M${LEFT} ${base + 0.5}h${this.box.across}` }),
      svg("text", { x: LEFT - 6, y: this.rates + 12, "text-anchor": "end" }, rate(most * perS)),
      svg("text", { x: LEFT - 6, y: base, "text-anchor": "end" }, "req/s"),
      svg("path", { class: "rate", d: d.join("") }),
    ];
  }

  _legend() {
    const line = (name) => svg("svg", { viewBox: "0 0 22 10", "aria-hidden": "true" }, svg("path", { class: name, d: "M0 5h22" }));
    const steps = [...Array(8).keys()].map((step) => svg("svg", { viewBox: "0 0 14 11", "aria-hidden": "true" }, svg("rect", { class: "c" + step, width: 14, height: 11 })));
    const lines = [el("span", null, line("p50"), "p50"), el("span", null, line("p99"), "p99")];
    if (this.model.source.kind === "live") lines.push(el("span", null, line("p999"), "p99.9"));
    this.legend.replaceChildren(
      ...lines,
      el("span", { class: "ramp" }, "requests: 1 ", ...steps, ` ${count(this.ramp.most)}`),
      el("span", null, `one column: ${edge(this.timeline.width_ns)}, by when the reply came`),
    );
  }

  _point(event) {
    if (!this.box) return;
    const frame = this.picture.getBoundingClientRect();
    const scale = this.width / frame.width;
    const column = this.first + Math.floor(((event.clientX - frame.left) * scale - LEFT) / this.wide);
    const row = this.rows.low + Math.floor((this.box.top + this.box.high - (event.clientY - frame.top) * scale) / this.box.step);
    const inside = column >= this.first && column <= this.last;
    this._show(inside ? this._nearest(column) : null, row >= this.rows.low && row <= this.rows.high ? row : null);
  }

  // Where columns are narrow, the closest one that has anything, within three pixels.
  _nearest(column) {
    const reach = Math.floor(3 / this.wide);
    for (let away = 0; away <= reach; away++) {
      if (this.byColumn.has(column - away)) return column - away;
      if (this.byColumn.has(column + away)) return column + away;
    }
    return column;
  }

  _key(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
    if (!(event.key in steps) || !this.box) return;
    event.preventDefault();
    const known = [...this.byColumn.keys()];
    const to = steps[event.key];
    const at = this.at ?? (to < 0 ? Infinity : -Infinity);
    const next = to < 0 ? known.filter((column) => column < at) : known.filter((column) => column > at);
    const chosen = to === -1 ? next.pop() : to === 1 ? next.shift() : to < 0 ? known[0] : known[known.length - 1];
    this._show(chosen ?? this.at);
  }

  _show(column, row = null) {
    this.at = column;
    this.row = row;
    this.cursor?.replaceChildren();
    if (column == null || !this.timeline || this.timeline.begin_ns == null) {
      this.readout.replaceChildren(el("span", { class: "source" }, "Point at a column, or use the arrow keys, for its numbers."));
      return;
    }
    const x = Math.min(Math.max(this.x(column) + this.wide / 2, LEFT), this.width - RIGHT).toFixed(1);
    this.cursor.append(svg("path", { class: "cursor", d: `M${x} ${this.box.top}V${this.rates + RATE}` }));
    this.readout.replaceChildren(...columnText(this.byColumn.get(column), column, row, this));
  }
}
