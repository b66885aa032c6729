// All cells, as a table ---------------------------------------------------------------------------

const ROWS = 50;

const measure = (name, apart) => ({ key: apart ? `${name}_from_none` : name, told: (cell) => told(series(name, apart), cell),
  value: (cell) => series(name, apart).value(cell), falls: metrics.get(name).better === "higher", layer: metrics.get(name).layer && name });
const [values, differences] = [false, true].map((apart) => [...metrics.keys()].map((name) => measure(name, apart)));
const ofRank = { key: "rank", value: (cell) => ranking()[cell] };
const ofPlace = varying.map((i) => ({ key: page.axes[i].name, value: (cell) => page.axes[i].values[places(cell)[i]], axis: page.axes[i],
  told: (cell) => text(i, places(cell)[i]) }));
const ofRuns = [...(lastRung >= 0 ? [{ key: "epochs", value: (cell) => page.epochs[rung[cell]] }] : []), { key: "diverged", value: (cell) => diverged[cell] }];
const ofMean = [ // of no seed by itself
  { key: "alike", value: (cell) => (chosenSeed() < 0 && ["no", "yes"][alike[cell]]) || "-",
    says: "whether the cell cannot be told from the best: the 95 % interval of the paired difference holds 0" },
  { key: "seeds", value: (cell) => seeds[cell], says: "seeds in the mean" }, { key: "runs", value: (cell) => runs[cell] }];
const everyColumn = [ofRank, ...ofPlace, ...values, ...differences, ...ofRuns, ...ofMean];
const keys = new Map(everyColumn.map((column) => [column.key, column]));

function usual() { // the columns that are shown unless others are chosen
  const plain = (some) => some.filter(({ layer }) => !layer);
  return [ofRank, ...ofPlace, ...(isApart() ? plain(differences) : [...plain(values), keys.get(`${page.loss}_from_none`)]), ...ofRuns];
}

const columns = () => (state.columns ? everyColumn.filter(({ key }) => state.columns.has(key)) : usual());

function drawChooser() {
  const shown = new Set(columns().map(({ key }) => key));
  $("chooser").replaceChildren(...everyColumn.map(({ key, layer, says = "" }) => {
    const box = element("input", "", { type: "checkbox", value: key, checked: shown.has(key) });
    box.onchange = () => {
      state.columns = new Set([...$("chooser").querySelectorAll("input:checked")].map((one) => one.value));
      drawTable();
    };
    const label = element("label", "", { title: says });
    label.append(box, ...(layer ? [swatch(layer)] : []), ` ${key}`);
    return label;
  }));
}

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
  if (!columns().some(({ key }) => key === state.sort)) [state.sort, state.up] = ["rank", true]; // a difference that is no longer shown
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

const wording = (value) => (isWord(value) ? "word" : ""); // words begin where their column does, numbers end there

function head({ key, value, falls, layer, says = "" }, i) {
  const sorted = key === state.sort;
  const button = element("button", key + (sorted ? (state.up ? " ▲" : " ▼") : ""), { type: "button", title: says });
  button.onclick = () => {
    [state.up, state.sort] = [sorted ? !state.up : !falls, key]; // the better ones first
    sift();
    $("head").querySelectorAll("button")[i].focus();
  };
  const found = element("th", "", { scope: "col", className: wording(value(0)) });
  found.setAttribute("aria-sort", sorted ? (state.up ? "ascending" : "descending") : "none");
  found.append(...(layer ? [swatch(layer)] : []), button);
  return found;
}

function drawTable() {
  $("head").replaceChildren(element("td", ""), ...columns().map(head));
  const shown = state.rows.slice(state.first, state.first + ROWS);
  $("rows").replaceChildren(...shown.map((cell) => {
    const row = element("tr", "", { className: cell === state.cell ? "chosen" : "" });
    const button = element("button", "show", { type: "button", onclick: () => choose(cell) });
    button.setAttribute("aria-label", `show ${place(cell)} on the map`);
    const first = element("td", "");
    first.append(button);
    row.append(first, ...columns().map((column) => element("td", column.told ? column.told(cell) : number(column.value(cell)), { className: wording(column.value(cell)) })));
    return row;
  }));
  const last = state.first + shown.length;
  $("range").textContent = shown.length ? `${state.first + 1} to ${last} of ${state.rows.length.toLocaleString("en")}` : "no cell";
  const interval = chosenSeed() < 0 && page.intervals ? `, ± half of the 95 % interval or its ends, ${page.intervals}` : "";
  $("table-says").textContent = `Cells ${$("range").textContent}, by ${state.sort}: ${view()}${interval}.`;
  $("previous").disabled = state.first === 0;
  $("next").disabled = last >= state.rows.length;
  keep();
}
