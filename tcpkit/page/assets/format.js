// Numbers as text. Times in ns lose the last 256 ns as numbers of JavaScript: less than is shown.
const NS_PER_S = 1e9;
const grouped = new Intl.NumberFormat("en-US");
const thousandths = new Intl.NumberFormat("en-US", { minimumFractionDigits: 3, maximumFractionDigits: 3 });

const count = (number) => (number == null ? "-" : grouped.format(number));
const milliseconds = (ns) => (ns == null ? "-" : thousandths.format(ns / 1e6));

function duration(ns) {
  if (ns == null) return "-";
  if (ns < 0) return "-" + duration(-ns);
  for (const [unit, size] of [["ns", 1], ["us", 1e3], ["ms", 1e6], ["s", 1e9]]) {
    const value = ns / size;
    if (unit === "s" || value < 999.5) {
      const decimals = unit === "ns" || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
      return value.toFixed(decimals) + " " + unit;
    }
  }
}

// An edge of the map: as short as it can be.
function edge(ns) {
  if (ns >= 1e9) return ns / 1e9 + " s";
  return ns >= 1e6 ? ns / 1e6 + " ms" : ns / 1e3 + " us";
}

function rate(number) {
  if (number == null) return "-";
  if (number >= 99.95) return grouped.format(Math.round(number));
  return number === 0 ? "0" : number.toFixed(number >= 9.995 ? 1 : number >= 0.9995 ? 2 : 3);
}

function bytes(number) {
  if (number == null) return "-";
  for (const [unit, size] of [["GB", 1e9], ["MB", 1e6], ["kB", 1e3]]) {
    if (number >= size) return (number / size).toFixed(1) + " " + unit;
  }
  return number + " B";
}

function share(part, whole) {
  if (!whole) return "-";
  const percent = (100 * part) / whole;
  if (part < whole && percent > 99.99) return "> 99.99 %";
  if (part > 0 && percent < 0.01) return "< 0.01 %";
  return percent.toFixed(percent > 0 && percent < 100 ? 2 : 0) + " %";
}

// Times of day at one offset from UTC: that of the machine that wrote the report.
class Clock {
  constructor(offsetS) {
    this.offsetS = offsetS;
  }

  text(ns, decimals) {
    return this._iso(ns).slice(11, 19 + (decimals ? decimals + 1 : 0));
  }

  day(ns) {
    return this._iso(ns).slice(0, 10);
  }

  get zone() {
    if (this.offsetS === 0) return "UTC";
    const minutes = Math.round(Math.abs(this.offsetS) / 60);
    const two = (number) => String(number).padStart(2, "0");
    return `UTC${this.offsetS < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
  }

  _iso(ns) {
    return new Date(Math.floor(ns / 1e6) + this.offsetS * 1000).toISOString();
  }
}
