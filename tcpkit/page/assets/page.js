// Slow requests, connections and accuracy; and all sections in order.
function splitBar(row) {
  const parts = [row.upload_ns, row.queue_ns, row.service_ns, row.download_ns].map((ns) => Math.max(ns || 0, 0));
  const whole = parts.reduce((sum, part) => sum + part, 0);
  if (!whole) return el("span", null, "-");
  let x = 0;
  const pieces = parts.map((part, index) => {
    const wide = (92 * part) / whole;
    x += wide;
    return svg("rect", { class: "s" + index, x: (x - wide).toFixed(2), width: wide.toFixed(2), height: 10 });
  });
  return svg("svg", { class: "split", viewBox: "0 0 92 10", "aria-hidden": "true" }, ...pieces);
}

class Slowest {
  constructor(clock) {
    const part = (head, key, title) => ({ ...ms(head, key), title });
    this.columns = [
      { head: "time", value: (row) => row.time_ns, text: (ns) => this.clock.text(ns, 3), kind: "nowrap" },
      { head: "ms", value: (row) => row.latency_ns, kind: "num", text: (ns, row) => (ns == null ? row.status : milliseconds(ns)), mark: (ns) => ns == null },
      { head: "status", value: (row) => [row.status, row.code, ...row.flags].filter(Boolean).join(" "), kind: "name" },
      { head: "client", value: (row) => row.client, kind: "nowrap" },
      { head: "request", value: (row) => row.request, kind: "text code" },
      { head: "reason", value: (row) => row.reason, kind: "text", text: (text) => text || "not proven" },
      { head: "where the time went", value: (row) => row.service_ns, kind: "nowrap", cell: splitBar },
      part("upload", "upload_ns", "ms from the request's first byte to its last"),
      part("queue", "queue_ns", "ms behind earlier requests of the connection"),
      part("service", "service_ns", "ms of the latency that are left: the server's turn"),
      part("download", "download_ns", "ms from the reply's first byte to its last"),
      { head: "quality", value: (row) => row.quality, kind: "nowrap" },
      { head: "server", value: (row) => row.server, kind: "nowrap" },
    ];
    this.clock = clock;
    this.note = el("p", { class: "note" });
    const swatch = (step) => svg("svg", { viewBox: "0 0 14 11", "aria-hidden": "true" }, svg("rect", { class: "s" + step, width: 14, height: 11 }));
    this.legend = el("p", { class: "legend" }, ...["upload", "queue", "service", "download"].map((name, step) => el("span", null, swatch(step), name)));
    this.table = new Table("Slowest requests", this.columns, null);
    this.element = section("slowest", "Slowest requests", this.note, this.legend, this.table.element);
  }

  update(model, clock) {
    this.clock = clock;
    const { slowest, source } = model;
    this.element.hidden = !slowest.length;
    const parts = [`The ${count(slowest.length)} slowest that are kept; those without a reply first.`];
    if (!source.explains) parts.push("Reasons were not looked for (--explain).");
    parts.push("Queue is what went by behind earlier requests of the same connection; service is the rest of the latency, in which the network is too if the capture is the client's.");
    this.note.textContent = parts.join(" ");
    this.table.update(slowest);
  }
}

class Health {
  constructor() {
    const side = (name) => (row) => numbersOf(row)[name] || {};
    const both = (head, key, extra) => ({ head, kind: "num", quiet: true, value: (row) => (side("client")(row)[key] || 0) + (side("server")(row)[key] || 0), text: count, ...extra });
    const trip = (head, name) => ({ head, kind: "num", value: (row) => side(name)(row).rtt_min_ns, text: milliseconds });
    this.table = new Table("Connections that fared worst", [
      { head: "client", value: (row) => addressOf(row, "client"), kind: "nowrap" },
      { head: "server", value: (row) => addressOf(row, "server"), kind: "nowrap" },
      { head: "ending", value: (row) => numbersOf(row).ending, kind: "nowrap" },
      num("mishaps", "mishaps"),
      both("retransmissions", "retransmissions"), both("out of order", "out_of_order"), both("zero windows", "zero_windows"),
      both("zero window ms", "zero_window_ns", { text: milliseconds }), both("resets", "resets"), both("gaps", "gaps"),
      { head: "connect ms", kind: "num", value: (row) => numbersOf(row).connect_ns, text: milliseconds },
      trip("client rtt ms", "client"), trip("server rtt ms", "server"),
    ], null, 10);
    this.note = el("p", { class: "note" });
    this.sum = new Table("All connections, by side", [
      { head: "sent by", value: (row) => row.name, kind: "nowrap" }, num("packets", "packets"),
      { head: "payload", value: (row) => row.payload_bytes, text: bytes, kind: "num" }, bad("retransmissions", "retransmissions"), bad("out of order", "out_of_order"),
      bad("zero windows", "zero_windows"), ms("zero window ms", "zero_window_ns"), num("duplicate acks", "duplicate_acks"), bad("resets", "resets"), bad("gaps", "gaps"),
      ms("least rtt ms", "rtt_min_ns"), ms("most rtt ms", "rtt_max_ns"),
    ], null);
    this.element = section("health", "Connection health", this.note, this.sum.element, this.table.element);
  }

  update(model) {
    const health = model.health;
    this.element.hidden = !health;
    if (!health) return;
    this.note.textContent = `${count(health.connections)} connections that are over, summed by the side that sent; below, those with the most mishaps (retransmissions, disorder, zero windows, resets, gaps).`;
    this.sum.update([{ name: "clients", ...health.client }, { name: "servers", ...health.server }]);
    this.table.element.hidden = !health.worst.length;
    this.table.update(health.worst);
  }
}

const numbersOf = (row) => row.health || row;
const addressOf = (row, side) => (typeof row[side] === "string" ? row[side] : "-");

class Accuracy {
  constructor() {
    this.lines = el("p", { class: "note" });
    this.list = el("ul", { class: "counters" });
    this.element = section("accuracy", "Accuracy and counters", this.lines, this.list);
  }

  update(model) {
    const { exact, inferred, unpaired, dropped, ...others } = model.accuracy;
    const lost = dropped == null ? "" : ` Dropped by the kernel ${count(dropped.kernel)}, by the interface ${count(dropped.interface)}.`;
    const paired = exact + inferred ? `${share(exact, exact + inferred)} of ${count(exact + inferred)} pairs are exact, ${count(inferred)} inferred.` : "No pairs.";
    this.lines.textContent = `${paired}${lost} Every counter that is not zero:`;
    const rooms = [["pairs", { exact, inferred, ...others }], ["unpaired", unpaired], ...model.counters];
    const items = rooms.flatMap(([room, numbers]) => Object.entries(numbers).filter(([, number]) => number).map(([name, number]) => [room, name, number]));
    this.list.replaceChildren(...items.map(([room, name, number]) => el("li", null, el("span", null, el("span", { class: "room" }, room + " "), name), el("span", null, count(number)))));
  }
}

// All of a page under its verdict.
class Page {
  constructor(clock) {
    this.chart = new Chart();
    this.parts = [
      new Figures(),
      { element: section("time", "Latency over time", this.chart.element), update: (model, its, last) => this.chart.update(model, its, last) },
      new Rowed("commands", "Commands", "command", (model) => model.commands),
      new Slowest(clock),
      new Rowed("servers", "Servers", "server", (model) => model.servers, 1),
      new Rowed("ports", "Ports", "port", (model) => model.ports, 1),
      new Names("clients", "Clients", "client", "clients"), new Names("keys", "Keys", "key", "keys"),
      new Health(), new Accuracy(),
    ];
    this.elements = this.parts.map((part) => part.element);
  }

  update(model, clock, last) {
    for (const part of this.parts) part.update(model, clock, last);
  }
}
