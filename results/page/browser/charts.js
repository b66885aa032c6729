// Lines and points: along each penalty, loss against sparsity, learning curves ------------------

const DASHES = ["solid", "dash", "dashdot", "dot"];
const GREY = "#767676"; // stands out from a white ground and from a dark one
const MARK = page.colours[1];

function look(extra) { // colours of texts, grounds and grids are the style sheet's, so that they follow it
  const axis = { zeroline: false, automargin: true };
  const { xaxis, yaxis, ...rest } = extra;
  return {
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: "system-ui, sans-serif", size: 13 },
    margin: { l: 50, r: 10, t: 10, b: 45 }, hoverlabel: { align: "left" },
    legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", traceorder: "normal" }, showlegend: true,
    xaxis: { ...axis, ...xaxis }, yaxis: { ...axis, ...yaxis }, ...rest,
  };
}

function draw(id, traces, extra) {
  const { clientWidth: width, clientHeight: height } = $(id);
  if (!width) return; // hidden
  Plotly.react(id, traces, look({ width, height, ...extra }), { displayModeBar: false });
  for (const svg of $(id).querySelectorAll(".main-svg")) svg.setAttribute("viewBox", `0 0 ${width} ${height}`); // so that paper scales it
  $(id).style.setProperty("--shape", `${width} / ${height}`);
}

function band(x, { mean, low, high }, colour, name, dash) { // a line, or a bar where there is but one point
  const line = { x, y: mean, name, mode: "lines+markers", line: { color: colour, dash }, marker: { size: 5, color: colour } };
  if (x.length === 1) {
    const [array, arrayminus] = [[high[0] - mean[0]], [mean[0] - low[0]]].map((ends) => ends.map((end) => (Number.isFinite(end) ? end : 0)));
    return [{ ...line, mode: "markers", error_y: { array, arrayminus, symmetric: false, thickness: 2, width: 0 } }];
  }
  const edge = { x, mode: "lines", line: { width: 0, color: colour }, hoverinfo: "skip", showlegend: false };
  return [{ ...edge, y: low }, { ...edge, y: high, fill: "tonexty", fillcolor: `${colour}33` }, line];
}

function outside({ above, below, edge, top, floor, bottom }, x) { // points beyond the axis, at its edges
  const at = (some, y, name, symbol) => (some.length ? [{ x: some.map((i) => x[i]), y: some.map(() => y), mode: "markers", name,
    hoverinfo: "skip", cliponaxis: false, marker: { symbol, size: 11, color: GREY } }] : []);
  return [...at(above, edge, `above, up to ${number(top, 3)}`, "triangle-up"), ...at(below, floor, `below, down to ${number(bottom, 3)}`, "triangle-down")];
}

const nth = (name) => (metrics.get(name).layer ? Number(metrics.get(name).layer.slice(1)) - 1 : 0);
const lineColour = (name) => page.colours[nth(name) % page.colours.length]; // w1 has its colour wherever it is drawn

function drawPath(id, i) {
  const axis = page.axes[i], name = metric(), group = metrics.get(name).group;
  const line = axis.values.map((_, at) => moved(state.cell, i, at));
  const shown = group === "sparsity" ? [...metrics.keys()].filter((other) => metrics.get(other).group === group) : [name];
  const all = { x: [], mean: [], low: [], high: [] };
  const lines = shown.map((other) => {
    const { value, down, up } = series(other);
    const of = (cell) => (wholeRace(cell) ? value(cell) : NaN);
    const found = { other, mean: line.map(of), low: line.map((cell) => of(cell) - down(cell)), high: line.map((cell) => of(cell) + up(cell)) };
    for (const part of ["mean", "low", "high"]) all[part].push(...found[part]);
    all.x.push(...axis.at);
    return found;
  });
  const early = line.map((cell) => (wholeRace(cell) ? NaN : series(name).value(cell)));
  const side = upright([...all.mean, ...early], [...all.low, ...early], [...all.high, ...early], isApart() ? {} : metrics.get(name));
  const traces = lines.flatMap(({ other, mean, low, high }) => {
    const { layer } = metrics.get(other), colour = shown.length > 1 && !layer ? GREY : lineColour(other);
    const [drawn, bottom, top] = [mean, low, high].map(side.clip);
    const part = (from, to) => band(axis.at.slice(from, to), { mean: drawn.slice(from, to), low: bottom.slice(from, to), high: top.slice(from, to) },
      colour, layer || (shown.length > 1 ? "all weights" : group), DASHES[nth(other) % DASHES.length]);
    if (!axis.zero) return part(0);
    return [...part(1), { ...part(0, 1)[0], showlegend: false }]; // 0 stands apart
  });
  if (early.some(Number.isFinite)) {
    traces.push({ x: axis.at, y: side.clip(early), mode: "markers", name: "stopped early", text: line.map(stopped), hovertemplate: "%{y:.4g}<br>%{text}<extra></extra>",
      marker: { symbol: "circle-open", size: 8, color: GREY, line: { color: GREY, width: 1.5 } } });
  }
  draw(id, [...traces, ...outside(side, [...all.x, ...axis.at])], {
    xaxis: { title: { text: safe(axis.label) }, ...ticks(axis.labels, $(id).clientWidth - 90, true) },
    yaxis: { title: { text: safe((isApart() ? "difference of " : "") + metrics.get(name).label) }, ...side.axis },
  });
  $(`${id}-says`).textContent = `${chosenLabel(name)} along ${axis.name}${heldBut(i)}; ${over(line)}${sure(name, "band")}.`;
}

function drawPareto() {
  const [{ value: x }, { value: y }] = [series("sparsity", false), series(page.loss, false)];
  const known = everyCell.filter((cell) => exists(cell) && Number.isFinite(y(cell)) && Number.isFinite(x(cell)));
  const side = upright(known.map(y), [], [], metrics.get(page.loss));
  const step = Math.ceil(known.length / 1500);
  const [fair, early] = [true, false].map((competes) => known.filter((cell, i) => i % step === 0 && ranking()[cell] > 0 === competes));
  const points = (some) => ({ x: some.map(x), y: side.clip(some.map(y)), customdata: some, mode: "markers",
    text: some.map((cell) => [safe(place(cell)), stopped(cell)].filter(Boolean).join("<br>")),
    hovertemplate: `%{text}<br>sparsity %{x:.3f}<br>${page.loss} %{y:.4g}<extra></extra>` });
  const one = (cell, marker, name) => (cell < 0 ? [] : [{ ...points([cell]), marker, name }]);
  draw("pareto", [
    { ...points(fair), name: step > 1 ? `cells (one of ${step})` : "cells", marker: { size: 5, color: GREY } },
    ...(early.length ? [{ ...points(early), name: "cells that do not compete", marker: { symbol: "circle-open", size: 6, color: GREY } }] : []),
    { ...points(front(x, y)), mode: "lines+markers", name: "Pareto front", line: { shape: "vh", color: page.colours[0] }, marker: { size: 6, color: page.colours[0] } },
    ...one(sparsest(), { symbol: "circle-open", size: 16, color: MARK, line: { width: 2, color: MARK } }, "sparsest within 1 SE"),
    ...one(best(), { symbol: "star", size: 12, color: MARK }, `${page.most} ${page.loss}`),
    ...outside(side, known.map(x)),
  ], {
    xaxis: { title: { text: "share of zero weights" }, ...shares(known.map(x)) },
    yaxis: { title: { text: safe(metrics.get(page.loss).label) }, ...side.axis },
  });
  $("pareto-says").textContent = `${metrics.get(page.loss).label} against sparsity, of all cells: ${over(known)}${isApart() ? "; values, no differences" : ""}.`;
}

function folded(words, pixels) { // over several lines, where one has no room for them
  const lines = [""];
  for (const part of words.split(", ")) {
    const last = lines[lines.length - 1], longer = last ? `${last}, ${part}` : part;
    if (last && 7 * longer.length > pixels) lines.push(part);
    else lines[lines.length - 1] = longer;
  }
  return lines.map(safe).join(",<br>");
}

function drawCurves() {
  if (!page.history.length) return;
  const drawn = page.history.flatMap(({ cell, epochs, lines }, i) => Object.entries(lines).map(([name, { mean, down, up }], k) => ({ cell, epochs, name, i, k, mean,
    low: mean.map((value, at) => value - down[at]), high: mean.map((value, at) => value + up[at]) })));
  const all = (part) => drawn.flatMap((line) => line[part]).map((value) => value ?? NaN);
  const { axis, clip } = upright(all("mean"), all("low"), all("high"), metrics.get(page.loss));
  const traces = drawn.flatMap(({ cell, epochs, name, i, k, mean, low, high }) =>
    band(epochs, { mean: clip(mean.map((value) => value ?? NaN)), low: clip(low), high: clip(high) }, page.colours[i], folded(`${name}, ${cell}`, $("curves").clientWidth - 90), DASHES[k]));
  draw("curves", traces, { xaxis: { title: { text: "epoch" } }, yaxis: { title: { text: page.curves }, ...axis } });
}
