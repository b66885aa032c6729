"use strict";
// What the page can do. `page` and the arrays are made by results/page/pagedata.py; an array lies on
// a dense grid of cells whose axes are page.axes, the last fastest, and NaN is a cell without a value.
const page = JSON.parse($("data").textContent);
const stored = new Map(), known = new Map();
for (const [name, kind, count] of page.arrays) {
  const begin = [...stored.values()].pop()?.end ?? 0, width = kind === "f8" ? 8 : 4;
  stored.set(name, { begin, width, count, end: begin + width * count });
}

function array(name) { // put together when it is first asked for: the bytes of a place in all numbers stand together
  if (!known.has(name)) {
    const { begin, width, count } = stored.get(name), bytes = new Uint8Array(width * count);
    for (let place = 0; place < width; place++) {
      for (let i = 0, from = begin + place * count; i < count; i++) bytes[i * width + place] = held[from + i];
    }
    known.set(name, new (width === 8 ? Float64Array : Float32Array)(bytes.buffer));
  }
  return known.get(name);
}

const [runs, diverged, seeds, rank, alike, none] = ["runs", "diverged", "seeds", "rank", "alike", "none"].map(array);
const rung = page.epochs.length ? array("rung") : null; // of halving
const size = none.length, everyCell = Array.from({ length: size }, (_, cell) => cell);
const lengths = page.axes.map((axis) => axis.values.length);
const strides = lengths.map((_, i) => lengths.slice(i + 1).reduce((a, b) => a * b, 1));
const varying = lengths.flatMap((length, i) => (length > 1 ? [i] : []));
const [X, Y] = [varying[0] ?? 0, varying[1] ?? (varying[0] ? 0 : 1)];
const metrics = new Map(page.metrics.map((metric) => [metric.name, metric]));
const state = { cell: Math.max(page.best, 0), sort: "rank", up: true, columns: null, first: 0, rows: [] };

const isWord = (value) => typeof value === "string"; // on the axis of the path's orders

function number(value, digits = 4) { // as results/labels.py writes it
  if (isWord(value)) return value;
  if (!Number.isFinite(value)) return "-";
  const size = Math.abs(value);
  if (value === 0 || (size >= 1e-3 && size < 10 ** digits)) return String(Number(value.toPrecision(digits)));
  const [mantissa, power] = value.toExponential(digits - 1).split("e");
  return `${Number(mantissa)}e${Number(power)}`;
}

const listedAt = page.listed ? page.axes.map(({ name }) => array(`place ${name}`)) : null; // of a list
const places = (cell) => listedAt ? listedAt.map((some) => some[cell]) : strides.map((stride, i) => Math.floor(cell / stride) % lengths[i]);
const moved = (cell, i, place) => cell + (place - (places(cell)[i])) * strides[i];
const exists = (cell) => runs[cell] > 0;
const safe = (words) => words.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);

{% include "choice.js" %}

{% include "scale.js" %}

{% include "charts.js" %}

{% include "axes.js" %}

{% include "map.js" %}

{% include "cell.js" %}

{% include "table.js" %}

{% include "inputs.js" %}

{% include "address.js" %}

// Wiring -----------------------------------------------------------------------------------------

function choose(cell) {
  state.cell = cell;
  refresh();
}

function refresh() { // all that another cell or metric changes
  const group = metrics.get($("metric").value);
  $("layer").disabled = ![...metrics.values()].some((other) => other.group === group.name && other.layer);
  $("meaning").textContent = group.meaning;
  for (const select of document.querySelectorAll("select[data-axis]")) select.value = places(state.cell)[select.dataset.axis];
  for (const [id, cell] of [["to-best", best()], ["to-sparsest", sparsest()]]) {
    $(id).disabled = cell < 0;
    $(id).onclick = () => choose(cell);
  }
  tell();
  drawMany();
  drawTable();
  if (page.listed) return;
  drawMap();
  drawPath("path-x", X);
  const further = lengths[Y] > 1 && !isWord(page.axes[Y].values[0]);
  $("path-y").parentElement.hidden = !further;
  if (further) drawPath("path-y", Y);
}

function redraw() {
  refresh();
  drawPareto();
  drawCurves();
  drawInputs();
}

function fill(select, options) {
  select.replaceChildren(...options.map(([value, words]) => element("option", words, { value })));
}

fill($("metric"), page.metrics.filter(({ layer }) => !layer).map(({ name, label }) => [name, label]));
$("metric").value = page.loss;
fill($("layer"), [["", "all"], ...page.metrics.filter(({ layer }) => layer).map(({ layer, between }) => [layer, layer + between])]);
fill($("seed"), [["mean", page.means], ...page.seeds.map((seed, i) => [i, seed])]);
$("seed").disabled = !page.seeds.length;
$("view").disabled = none.every((cell) => !(cell >= 0));
fill($("axis"), varying.map((i) => [i, page.axes[i].label]));
$("axis").onchange = () => { drawMany(); keep(); };
$("many").hidden = !many;
$("lines").hidden = page.listed;
$("curves-figure").hidden = !page.history.length; // before anything is drawn beside it
$("map").parentElement.hidden = page.listed;
for (const i of page.listed ? [] : varying.slice(2)) { // the axes that the map does not show
  const select = element("select", "");
  select.dataset.axis = i;
  fill(select, page.axes[i].texts.map((words, at) => [at, words]));
  select.onchange = () => choose(moved(state.cell, i, Number(select.value)));
  const label = element("label", `${page.axes[i].label} `);
  label.append(select);
  $("controls").append(label);
}
for (const id of ["metric", "layer"]) $(id).onchange = refresh;
for (const id of ["seed", "view"]) $(id).onchange = () => { sift(); drawChooser(); redraw(); };
$("filter").oninput = sift;
$("previous").onclick = () => { state.first -= ROWS; drawTable(); };
$("next").onclick = () => { state.first += ROWS; drawTable(); };
const left = [];
if (page.shown < page.cells) left.push(`${page.shown.toLocaleString("en")} of ${page.cells.toLocaleString("en")} cells`);
if (page.seeds.length < page.allSeeds && page.allSeeds > 1) left.push(`${page.seeds.length || "none"} of ${page.allSeeds} seeds by themselves`);
if (left.length) $("thinned").textContent = `So that it stays small, the page holds ${left.join(", and ")}; sweep summary writes all cells, runs.csv has all seeds.`;
$("map").onkeydown = (event) => {
  const step = { ArrowLeft: [X, -1], ArrowRight: [X, 1], ArrowDown: [Y, -1], ArrowUp: [Y, 1] }[event.key];
  if (!step) return;
  event.preventDefault();
  const at = places(state.cell)[step[0]] + step[1];
  if (at >= 0 && at < lengths[step[0]]) choose(moved(state.cell, step[0], at));
};
const point = ({ points: [{ x, y }] }) => [Math.round(x), Math.round(y)];
let row = restore();
const sifted = () => { // as the address says, from which row on
  sift();
  state.first = row < state.rows.length ? row : 0;
};
const begin = [ // the map first; what is below it when that stands
  () => { tell(); if (!page.listed) drawMap(); },
  sifted,
  drawChooser,
  refresh,
  drawPareto,
  drawCurves,
  drawInputs,
  () => {
    if (!page.listed) $("map").on("plotly_click", (event) => {
      const [x, y] = point(event);
      choose(moved(moved(state.cell, X, x), Y, y));
    });
    if (!page.listed) $("map").on("plotly_hover", (event) => hover(...point(event), event.event));
    if (!page.listed) $("map").on("plotly_unhover", () => { $("tip").hidden = true; });
    for (const id of many ? ["parallel", "along"] : []) $(id).on("plotly_click", ({ points: [{ customdata }] }) => customdata === undefined || choose(customdata));
    $("pareto").on("plotly_click", ({ points: [{ customdata }] }) => customdata === undefined || choose(customdata));
    let resizing;
    addEventListener("hashchange", () => { row = restore(); sifted(); drawChooser(); redraw(); });
    addEventListener("resize", () => { clearTimeout(resizing); resizing = setTimeout(redraw, 150); });
    document.body.dataset.ready = "yes";
  },
];
const go = () => { begin.shift()(); if (begin.length) setTimeout(go); };
go();
