// Puts a page together: of a report once, of the live page with each answer.
function sourceText(model, clock) {
  const { source, begin_ns: begin, end_ns: end } = model;
  const parts = [`${source.mode} on port ${source.ports.join(", ")}`, source.names.join(", ")];
  if (source.servers.length) parts.push(`server ${source.servers.join(", ")}`);
  if (begin != null && end != null) parts.push(`${clock.day(begin)} ${clock.text(begin, 0)} to ${clock.text(end, 0)} (${duration(end - begin)}), ${clock.zone}`);
  return parts.join(" · ");
}

function startReport(data) {
  const { model } = data;
  const clock = new Clock(data.utc_offset_s);
  const page = new Page(clock);
  document.getElementById("top").append(el("p", { class: "source" }, sourceText(model, clock)));
  const main = document.getElementById("main");
  main.append(...page.elements, el("footer", null, `Written by tcpkit ${model.tcpkit}. Percentiles are at most 1 % above the true value, never below it. Latency is from the request's last byte to the reply's first, where it was captured.`));
  page.update(model, clock, null);
}

function startLive() {
  let page = null;
  let verdict = null;
  const source = el("p", { class: "source" });
  const main = document.getElementById("main");
  const live = new Live((model) => {
    const clock = new Clock(model.utc_offset_s ?? -new Date().getTimezoneOffset() * 60);
    if (!page) {
      page = new Page(clock);
      main.append(...page.elements);
    }
    if (model.verdict) {
      const fresh = verdictElement(model.verdict);
      if (verdict) verdict.replaceWith(fresh);
      else main.prepend(fresh);
      verdict = fresh;
    }
    source.textContent = sourceText(model, clock);
    document.title = `${model.source.names.join(", ")} - tcpkit`;
    const { begin_ns: begin, width_ns: width } = model.timeline;
    const last = begin == null || model.end_ns == null ? null : Math.floor((model.end_ns - begin) / width) - 1;
    if (last != null) model.timeline.columns = model.timeline.columns.filter((column) => column.column <= last); // whole ones
    page.update(model, clock, last);
  });
  document.getElementById("top").append(source, live.status);
  live.start();
}

const data = JSON.parse(document.getElementById("data").textContent);
if (data) startReport(data);
else startLive();
