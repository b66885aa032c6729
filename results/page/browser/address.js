// The address: what is chosen stands behind its "#", so that a link shows the same ----------------

const CHOSEN = ["metric", "layer", "view", "axis"]; // controls whose values are words of the page
const usualOf = new Map(); // what they say before anything is chosen
const seedsValue = () => (chosenSeed() < 0 ? "" : String(page.seeds[chosenSeed()]));

let soon; // some browsers let a page do this a hundred times in half a minute, and a key that is held is faster

function keep() { // write the view down when it rests
  clearTimeout(soon);
  soon = setTimeout(note, 400);
}

function note() { // all of the view but for what is as always
  const found = new URLSearchParams();
  const told = { ...Object.fromEntries(CHOSEN.map((id) => [id, $(id).value])), seed: seedsValue(), filter: $("filter").value.trim(),
    sort: (state.up ? "" : "-") + state.sort, columns: state.columns ? [...state.columns].join(" ") : "", row: String(state.first) };
  for (const [name, value] of Object.entries(told)) if (value !== usualOf.get(name)) found.set(name, value);
  if (state.cell !== Math.max(page.best, 0)) for (const i of varying) found.set(`at.${page.axes[i].name}`, text(i, places(state.cell)[i]));
  const words = found.toString();
  history.replaceState(null, "", words ? `#${words}` : location.href.split("#")[0]);
}

function restore() { // show what the address says, as far as the page knows it
  for (const [name, value] of [...CHOSEN.map((id) => [id, $(id).value]), ["seed", ""], ["filter", ""], ["sort", "rank"], ["columns", ""], ["row", "0"]]) {
    if (!usualOf.has(name)) usualOf.set(name, value);
  }
  const asked = new URLSearchParams(location.hash.slice(1)), wanted = (name) => asked.get(name) ?? usualOf.get(name);
  for (const id of CHOSEN) $(id).value = [...$(id).options].some(({ value }) => value === wanted(id)) ? wanted(id) : usualOf.get(id);
  const seed = page.seeds.findIndex((one) => String(one) === wanted("seed"));
  $("seed").value = seed < 0 ? "mean" : seed;
  $("filter").value = wanted("filter");
  const some = wanted("columns").split(" ").filter((key) => keys.has(key)), sort = wanted("sort").replace(/^-/, "");
  state.columns = some.length ? new Set(some) : null;
  [state.sort, state.up] = keys.has(sort) ? [sort, sort === wanted("sort")] : ["rank", true];
  state.cell = everyCell.find((cell) => exists(cell) && varying.every((i) => asked.get(`at.${page.axes[i].name}`) === text(i, places(cell)[i]))) ?? Math.max(page.best, 0);
  return Number(wanted("row")) || 0;
}
