// Many axes: each cell as a line over all of them, and all cells along one ----------------------

const many = page.listed || varying.length > 2;
const LINES = 500, BINS = 10; // lines that can be told apart, and bins where no two cells share a value
const FEW = 12; // values of an axis between which there is room
const viridisAt = (place) => page.viridis[Math.round(Math.min(Math.max(place, 0), 1) * (page.viridis.length - 1))];
const worstFirst = (value) => (a, b) => cost(value(b)) - cost(value(a)) || b - a;
const comparable = (some, value) => some.filter((cell) => wholeRace(cell) && Number.isFinite(value(cell)));

function drawMany() {
  if (!many) return;
  drawParallel();
  drawAlong(Number($("axis").value));
}

function heights(axis) { // where the values of an axis are on an upright line, from 0 to 1
  const [low, high] = [axis.at[0], axis.at[axis.at.length - 1]];
  return axis.at.map((at) => (high > low ? (at - low) / (high - low) : 0.5));
}

function drawParallel() {
  const name = metric(), { value, up } = series(name);
  const all = comparable(state.rows, value).sort(worstFirst(value));
  const step = Math.ceil(all.length / LINES), shown = all.filter((cell, i) => (all.length - 1 - i) % step === 0);
  const colours = scale(shown.map(value), shown.map(up), name), axes = varying.map((i) => page.axes[i]);
  $("parallel").style.minWidth = `${5.5 * (axes.length + 1)}rem`;
  const found = axes.map(heights), last = axes.length;
  const room = axes.map(({ values: { length } }) => (length > FEW ? 0 : 0.4 / length)); // so that lines with a value in common lie side by side
  const height = (cell) => {
    const own = colours.forth(value(cell)), at = places(cell);
    return [...varying.map((i, k) => found[k][at[i]] + (own - 0.5) * room[k]), own];
  };
  const words = (cell) => `${safe(place(cell))}<br>${safe(chosenLabel(name))} ${told(series(name), cell)}`;
  const lines = (some, line, more = {}) => ({
    x: some.flatMap(() => [...axes.keys(), last, null]), y: some.flatMap((cell) => [...height(cell), null]),
    customdata: some.flatMap((cell) => Array(last + 2).fill(cell)), text: some.flatMap((cell) => Array(last + 2).fill(words(cell))),
    mode: "lines+markers", line, marker: { size: 3, color: line.color }, hovertemplate: "%{text}<extra></extra>", showlegend: false, ...more });
  const tint = new Map();
  for (const cell of shown) { // worst first: the best lie on top
    const colour = viridisAt(colours.forth(value(cell)));
    tint.set(colour, [...(tint.get(colour) ?? []), cell]);
  }
  const traces = [...tint].map(([color, some]) => lines(some, { color, width: 1.2 }, { opacity: 0.7 }));
  if (shown.length && comparable([state.cell], value).length) {
    traces.push(lines([state.cell], { color: MARK, width: 4 }, { name: "the chosen cell", showlegend: true }));
  }
  const rem = $("parallel").clientHeight - 130;
  const labels = [...axes.map((axis, k) => ticks(axis.labels.map(([at, text]) => [axis.at.length > 1 ? (at - axis.at[0]) / (axis.at[axis.at.length - 1] - axis.at[0]) : 0.5, text]), rem, false)), colours?.bar ?? { tickvals: [], ticktext: [] }];
  draw("parallel", traces, {
    xaxis: { range: [-0.5, last + 0.3], tickvals: [...axes.keys(), last], ticktext: [...axes.map(({ label }) => safe(label)), safe(chosenLabel(name))], showgrid: false, side: "bottom" },
    yaxis: { range: [-0.12, 1.12], visible: false },
    shapes: labels.map((_, k) => ({ type: "line", x0: k, x1: k, y0: 0, y1: 1, line: { color: GREY, width: 1 }, layer: "below" })),
    annotations: labels.flatMap(({ tickvals, ticktext }, k) => tickvals.map((y, j) => ({ x: k, y, text: ticktext[j], showarrow: false, xanchor: "right", xshift: -3, font: { size: 11 }, bgcolor: "white", borderpad: 1 }))),
    margin: { l: 10, r: 10, t: 10, b: 60 }, hovermode: "closest",
  });
  const some = step > 1 ? `, one of ${step}` : "", left = state.rows.length - all.length;
  $("parallel-says").textContent = `Each line is a cell, coloured by ${chosenLabel(name)}, ${over(shown)}${isApart() ? ", against no penalty" : ""}: `
    + `${all.length.toLocaleString("en")} of ${state.rows.length.toLocaleString("en")} cells${some}${left ? "; the others have no value, or stopped early" : ""}. `
    + "Those with a value in common lie side by side. A click chooses one; the filter of the table below holds here too.";
}

function median(sorted) {
  const half = sorted.length / 2;
  return sorted.length % 2 ? sorted[Math.floor(half)] : (sorted[half - 1] + sorted[half]) / 2;
}

function drawAlong(i) {
  const axis = page.axes[i], name = metric(), { value } = series(name);
  const shown = comparable(state.rows, value), at = (cell) => axis.at[places(cell)[i]];
  const side = upright(shown.map(value), [], [], isApart() ? {} : metrics.get(name));
  const order = [...shown].sort((a, b) => at(a) - at(b) || a - b);
  const binned = page.listed && !isWord(axis.values[0]) && axis.values.length > 2 * BINS;
  const groups = new Map();
  order.forEach((cell, k) => {
    const key = binned ? Math.floor((k * BINS) / order.length) : at(cell);
    groups.set(key, [...(groups.get(key) ?? []), cell]);
  });
  const middle = (some, of) => median(some.map(of).sort((a, b) => a - b));
  const line = [...groups.values()].map((some) => ({ x: middle(some, at), y: middle(some, value) }));
  const points = (some, marker, title, more = {}) => ({ x: some.map(at), y: side.clip(some.map(value)), customdata: some, mode: "markers", marker, name: title,
    text: some.map((cell) => safe(place(cell))), hovertemplate: `%{text}<br>${safe(name)} %{y:.4g}<extra></extra>`, ...more });
  const apart = axis.zero && line.length && line[0].x === axis.at[0] && !binned ? 1 : 0; // 0 is no neighbour of a logarithm
  const joined = [...line.slice(0, apart), ...(apart ? [{ x: null, y: null }] : []), ...line.slice(apart)];
  const [first] = [best()].filter((cell) => shown.includes(cell)), chosen = shown.includes(state.cell) ? [state.cell] : [];
  draw("along", [
    points(shown, { size: 4, color: GREY, opacity: 0.6 }, "cells"),
    { x: joined.map((p) => p.x), y: side.clip(joined.map((p) => p.y ?? NaN)), mode: isWord(axis.values[0]) ? "markers" : "lines+markers",
      line: { color: page.colours[0] }, marker: { size: 8, color: page.colours[0] }, name: binned ? "median of a bin" : "median", hoverinfo: "skip" },
    ...(chosen.length ? [points(chosen, { symbol: "circle-open", size: 15, color: MARK, line: { width: 2.5, color: MARK } }, "the chosen cell")] : []),
    ...(first >= 0 ? [points([first], { symbol: "star", size: 12, color: MARK }, `${page.most} ${page.loss}`)] : []),
    ...outside(side, shown.map(at)),
  ], {
    xaxis: { title: { text: safe(axis.label) }, ...ticks(axis.labels, $("along").clientWidth - 90, true) },
    yaxis: { title: { text: safe((isApart() ? "difference of " : "") + metrics.get(name).label) }, ...side.axis },
  });
  $("axis-says").textContent = `${chosenLabel(name)} along ${axis.name}, whatever the other axes are, ${shown.length.toLocaleString("en")} cells: ${over(shown)}.`;
}
