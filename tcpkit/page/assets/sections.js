// The parts of both pages: each has an element and is updated with a model.
const ms = (head, key, extra) => ({ head, value: (row) => row[key], text: milliseconds, kind: "num", ...extra });
const num = (head, key, extra) => ({ head, value: (row) => row[key], text: count, kind: "num", quiet: true, ...extra });
const bad = (head, key, extra) => num(head, key, { mark: (value) => value > 0, ...extra });
const busiest = (index) => ({ index, down: true });

class Figures {
  constructor() {
    this.element = el("dl", { class: "figures" });
  }

  update(model) {
    const total = model.total;
    const figures = [["requests", count(total.requests)], ["per second", rate(total.rate)]];
    if (total.requests) {
      for (const [head, key] of [["p50", "p50_ns"], ["p99", "p99_ns"], ["p99.9", "p999_ns"], ["longest", "max_ns"]]) figures.push([head, duration(total[key])]);
    }
    if (model.source.threshold_ns != null) figures.push([`${duration(model.source.threshold_ns)} or more`, count(total.slow), total.slow]);
    figures.push(["errors", count(total.errors), total.errors], ["timeouts", count(total.timeouts), total.timeouts]);
    for (const name of ["aborted", "silent", "blocking"]) if (total[name]) figures.push([name, count(total[name])]);
    this.element.replaceChildren(...figures.map(([head, text, mark]) => el("div", null, el("dt", null, head), el("dd", { class: mark ? "mark" : null }, text))));
  }
}

class Rowed {
  constructor(id, title, head, rows, hiddenAt = 0) {
    const columns = [
      { head, value: (row) => row.name, kind: "name" }, num("requests", "requests"),
      { head: "per s", value: (row) => row.rate, text: rate, kind: "num" },
      ms("p50 ms", "p50_ns"), ms("p90 ms", "p90_ns"), ms("p99 ms", "p99_ns"), ms("p99.9 ms", "p999_ns"), ms("max ms", "max_ns"),
      { ...ms("total ms", "total_ns"), title: "the sum of the latencies" },
      bad("slow", "slow", { title: "took as long as -t or longer" }), bad("errors", "errors"), bad("timeouts", "timeouts"),
      num("aborted", "aborted"), num("silent", "silent"), num("blocking", "blocking"),
    ];
    this.rows = rows;
    this.hiddenAt = hiddenAt;
    this.columns = columns;
    this.table = null;
    this.id = id;
    this.title = title;
    this.element = section(id, title);
  }

  update(model) {
    const rows = this.rows(model);
    this.element.hidden = rows.length <= this.hiddenAt;
    if (this.element.hidden) return;
    if (!this.table) {
      const kept = this.columns.filter((column) => column.head !== "slow" || model.source.threshold_ns != null);
      this.table = new Table(this.title, kept, null);
      this.element.append(this.table.element);
    }
    this.table.update(rows);
  }
}

// Names of keys or clients, whose rows may have been given up and begun again.
class Names {
  constructor(id, title, head, view) {
    this.view = view;
    this.note = el("p", { class: "note" });
    const plus = (value, row, field, text) => (row[field] ? [text(value), el("span", { class: "error" }, ` +${text(row[field])}`)] : [text(value)]);
    const counted = (name, key, field, text) => ({ head: name, value: (row) => row[key], kind: "num", cell: (row) => el("span", null, ...plus(row[key], row, field, text)) });
    this.table = new Table(title, [
      { head, value: (row) => row.name, kind: "name" },
      counted("requests", "requests", "requests_error", count),
      { head: "per s", value: (row) => row.requests_per_s, text: rate, kind: "num" },
      counted("bytes", "bytes", "bytes_error", bytes),
      counted("total ms", "time_ns", "time_error", milliseconds),
      ms("p50 ms", "p50_ns"), ms("p99 ms", "p99_ns"), ms("max ms", "max_ns"),
      { head: "hits", value: (row) => (row.lookups ? row.hits / row.lookups : null), text: (value, row) => (value == null ? "-" : share(value, 1)), kind: "num" },
    ], busiest(1));
    this.empty = el("p", { class: "note" }, "None.");
    this.element = section(id, title, this.note, this.empty, this.table.element);
  }

  update(model, clock) {
    const { rows, bounds, since_ns: since } = model[this.view];
    const parts = [];
    if (model.source.kind === "live" && since != null) parts.push(`Counted since ${clock.text(since, 0)}: only while somebody looks.`);
    if (rows.length >= 100) parts.push(`The busiest ${rows.length} of ${count(bounds.rows)}.`);
    if (bounds.evicted) parts.push(`There were more names than rows, so ${count(bounds.evicted)} were given up; +n is what a row may have had before, and a name without a row had no more than ${count(bounds.requests_error)} requests.`);
    this.note.textContent = parts.join(" ");
    this.note.hidden = !parts.length;
    this.empty.hidden = rows.length > 0;
    this.table.element.hidden = !rows.length;
    this.table.update(rows);
  }
}
