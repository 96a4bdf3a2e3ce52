// A table that is sorted by the heading that is pressed. Rows may be replaced; the order stays.
//
// A column: { head, value(row), text(value, row), kind: "num" | "name" | "text" | "nowrap" | "code",
// mark(value), cell(row), title }. `value` is what is sorted by; `cell` makes an element for it.
class Table {
  constructor(label, columns, sortedBy, first = 20) {
    this.columns = columns;
    this.sorted = sortedBy; // null: as the rows come
    this.first = first;
    this.rows = [];
    this.all = false;
    this.heads = columns.map((column, index) => this._head(column, index));
    this.body = el("tbody");
    this.button = el("button", { class: "more", type: "button" });
    this.button.addEventListener("click", () => {
      this.all = !this.all;
      this._draw();
    });
    const table = el("table", { "aria-label": label }, el("thead", null, el("tr", null, ...this.heads)), this.body);
    this.element = el("div", null, el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label }, table), this.button);
  }

  _head(column, index) {
    const button = el("button", { type: "button", title: column.title }, column.head);
    button.addEventListener("click", () => {
      const down = this.sorted && this.sorted.index === index ? !this.sorted.down : column.kind === "num";
      this.sorted = { index, down };
      this._draw();
    });
    return el("th", { scope: "col", class: column.kind === "num" ? "num" : null }, button);
  }

  update(rows) {
    this.rows = rows;
    this._draw();
  }

  _ordered() {
    if (!this.sorted) return this.rows;
    const { index, down } = this.sorted;
    const value = this.columns[index].value;
    const sign = down ? -1 : 1;
    return [...this.rows].sort((one, other) => {
      const [a, b] = [value(one), value(other)];
      if (a == null || b == null) return a == null ? (b == null ? 0 : 1) : -1; // what is not known is last
      return sign * (typeof a === "number" ? a - b : String(a).localeCompare(String(b)));
    });
  }

  _draw() {
    this.heads.forEach((head, index) => {
      const here = this.sorted && this.sorted.index === index;
      if (here) head.setAttribute("aria-sort", this.sorted.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    const rows = this._ordered();
    const shown = this.all ? rows : rows.slice(0, this.first);
    this.body.replaceChildren(...shown.map((row) => el("tr", null, ...this.columns.map((column) => this._cell(column, row)))));
    this.button.hidden = rows.length <= this.first;
    this.button.textContent = this.all ? `Show the first ${this.first}` : `Show all ${rows.length}`;
  }

  _cell(column, row) {
    const value = column.value(row);
    const classes = [column.kind];
    if (column.mark && column.mark(value, row)) classes.push("mark");
    else if (value === 0 && column.quiet) classes.push("zero");
    const content = column.cell ? column.cell(row) : column.text ? column.text(value, row) : value == null ? "-" : value;
    return el("td", { class: classes.join(" ") }, content);
  }
}
