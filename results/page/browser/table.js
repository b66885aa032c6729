// The figures: of the chosen cell, and of all as a table ----------------------------------------

function element(kind, words, more = {}) {
  return Object.assign(document.createElement(kind), { textContent: words, ...more });
}

function tell() { // the chosen cell's figures
  const cell = state.cell;
  const lines = page.axes.map((axis, i) => [axis.label, text(i, places(cell)[i])]);
  const shown = [metric(), ...[...metrics.values()].filter(({ layer }) => !layer).map(({ name }) => name)];
  for (const name of new Set(shown)) lines.push([chosenLabel(name), told(series(name), cell)]);
  lines.push([`rank by ${page.loss}`, Number.isFinite(ranking()[cell]) ? number(ranking()[cell]) : "does not compete"]);
  if (lastRung >= 0 && exists(cell)) lines.push(["epochs", number(page.epochs[rung[cell]])]);
  if (chosenSeed() < 0) lines.push(["seeds in the mean", number(seeds[cell])]);
  lines.push([chosenSeed() < 0 ? "runs" : "runs of all seeds", exists(cell) ? `${runs[cell]}, ${diverged[cell]} diverged` : "none yet"]);
  $("details").replaceChildren(...lines.flatMap(([key, words]) => [element("dt", key), element("dd", words)]));
  const interval = chosenSeed() < 0 && page.intervals ? `, with the 95 % interval, ${page.intervals}` : "";
  $("cell-says").textContent = `${view()}${interval}`;
}

const measure = (name, apart) => ({ key: apart ? `${name}_from_none` : name, told: (cell) => told(series(name, apart), cell),
  value: (cell) => series(name, apart).value(cell) });
const measured = page.metrics.filter(({ layer }) => !layer).map(({ name }) => name);
const [values, differences] = [false, true].map((apart) => measured.map((name) => measure(name, apart)));
const ofRank = { key: "rank", value: (cell) => ranking()[cell] };
const ofPlace = varying.map((i) => ({ key: page.axes[i].name, value: (cell) => page.axes[i].values[places(cell)[i]], axis: page.axes[i],
  told: (cell) => text(i, places(cell)[i]) }));
const ofRuns = [...(lastRung >= 0 ? [{ key: "epochs", value: (cell) => page.epochs[rung[cell]] }] : []), { key: "diverged", value: (cell) => diverged[cell] }];
const keys = new Map([ofRank, ...ofPlace, ...values, ...differences, ...ofRuns].map((column) => [column.key, column]));
const columns = () => [ofRank, ...ofPlace, ...(isApart() ? differences : [...values, keys.get(`${page.loss}_from_none`)]), ...ofRuns];
const compare = { "<": (a, b) => a < b, "<=": (a, b) => a <= b, ">": (a, b) => a > b, ">=": (a, b) => a >= b,
  "=": (a, b) => a === b || Math.abs(a - b) <= 1e-3 * Math.abs(b) };

function meant(axis, words) { // a value of an axis as it is written on this page, or any number
  const at = axis ? axis.texts.findIndex((known) => known === words || (!isWord(axis.values[0]) && Number(known) === Number(words))) : -1;
  if (at >= 0) return axis.values[at];
  return /[\d.]/.test(words) ? Number(words) : words;
}

function conditions() { // "l1 <= 0.001 sparsity > 0.5", or what is wrong with it
  const found = [];
  let rest = $("filter").value.trim();
  while (rest) {
    const match = /^(?:and\s+|,\s*)?([A-Za-z_]\w*)\s*(<=|>=|<|>|=)\s*(-?[\d.]+(?:e[-+]?\d+)?(?=\s|$|,(?!\d))|[^\s,<>=]+(?:,[^\s,<>=]+)*(?=,?(?:\s|$)))\s*/i.exec(rest);
    if (!match) return { error: `not understood from "${rest}" on: write such as l1 <= 0.001 sparsity > 0.5` };
    if (!keys.has(match[1])) return { error: `no column ${match[1]}; there are ${[...keys.keys()].join(", ")}` };
    const { value, axis } = keys.get(match[1]), wanted = meant(axis, match[3]);
    if (isWord(wanted) !== isWord(value(0))) return { error: `${match[1]} is never ${match[3]}` };
    found.push((cell) => compare[match[2]](value(cell), wanted));
    rest = rest.slice(match[0].length);
  }
  return { found };
}

const longest = (a, b) => (rung && exists(a) && exists(b) ? rung[b] - rung[a] : 0); // of halving

function sift() { // the rows that the filter leaves, in order
  const { found, error } = conditions();
  $("filter-says").textContent = error ?? "";
  $("filter").setAttribute("aria-invalid", String(Boolean(error)));
  if (error) return;
  if (!columns().some(({ key }) => key === state.sort)) state.sort = "rank"; // a difference that is no longer shown
  const { value } = keys.get(state.sort), sign = state.up ? 1 : -1;
  state.rows = everyCell.filter((cell) => exists(cell) && found.every((holds) => holds(cell)));
  const known = everyCell.map(value);
  state.rows.sort((a, b) => {
    const left = known[a], right = known[b];
    if (Number.isNaN(left) || Number.isNaN(right)) return Number.isNaN(left) - Number.isNaN(right) || longest(a, b) || a - b;
    return sign * ((left > right) - (left < right)) || a - b;
  });
  state.first = 0;
  drawTable();
  drawMany();
}

function drawTable() {
  $("head").replaceChildren(element("td", ""), ...columns().map(({ key }, i) => {
    const sorted = key === state.sort;
    const button = element("button", key + (sorted ? (state.up ? " ▲" : " ▼") : ""), { type: "button" });
    button.onclick = () => {
      state.up = sorted ? !state.up : true;
      state.sort = key;
      sift();
      $("head").querySelectorAll("button")[i].focus();
    };
    const head = element("th", "", { scope: "col" });
    head.setAttribute("aria-sort", sorted ? (state.up ? "ascending" : "descending") : "none");
    head.append(button);
    return head;
  }));
  const shown = state.rows.slice(state.first, state.first + ROWS);
  $("rows").replaceChildren(...shown.map((cell) => {
    const row = element("tr", "", { className: cell === state.cell ? "chosen" : "" });
    const button = element("button", "show", { type: "button", onclick: () => choose(cell) });
    button.setAttribute("aria-label", `show ${place(cell)} on the map`);
    const first = element("td", "");
    first.append(button);
    row.append(first, ...columns().map((column) => element("td", column.told ? column.told(cell) : number(column.value(cell)))));
    return row;
  }));
  const last = state.first + shown.length;
  $("range").textContent = shown.length ? `${state.first + 1} to ${last} of ${state.rows.length.toLocaleString("en")}` : "no cell";
  const interval = chosenSeed() < 0 && page.intervals ? `, ± half of the 95 % interval or its ends, ${page.intervals}` : "";
  $("table-says").textContent = `Cells ${$("range").textContent}, by ${state.sort}: ${view()}${interval}.`;
  $("previous").disabled = state.first === 0;
  $("next").disabled = last >= state.rows.length;
}
