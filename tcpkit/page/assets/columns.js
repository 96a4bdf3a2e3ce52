// What is told of one column of the map.
function columnText(column, index, row, chart) {
  const { begin_ns: begin, width_ns: width } = chart.timeline;
  const decimals = width < NS_PER_S ? 3 : 0;
  const at = begin + index * width;
  const when = `${chart.clock.text(at, decimals)} to ${chart.clock.text(at + width, decimals)}`;
  if (!column) return [el("b", null, when), ": nothing was answered or given up in this time."];
  const numbers = [
    `${count(column.requests)} requests (${rate((column.requests * NS_PER_S) / width)}/s)`,
    `p50 ${duration(column.p50_ns)}`,
    `p99 ${duration(column.p99_ns)}`,
    `p99.9 ${duration(column.p999_ns)}`,
    `max ${duration(column.max_ns)}`,
    `errors ${count(column.errors)}`,
    `timeouts ${count(column.timeouts)}`,
  ];
  if (chart.model.source.threshold_ns != null) numbers.push(`slow ${count(column.slow)}`);
  const parts = [el("b", null, when), ": ", numbers.join(", ")];
  if (row != null) {
    const cell = column.cells.find((each) => each[0] === row);
    parts.push(`. Here, ${chart.rows.text(row)}: ${count(cell ? cell[1] : 0)}`);
  }
  return parts;
}
