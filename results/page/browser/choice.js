// What is chosen: a metric, a layer, one seed or the mean, the value or its difference ---------

const chosenSeed = () => ($("seed").value === "mean" ? -1 : Number($("seed").value));
const isApart = () => $("view").value === "none";

function metric() { // the layers are metrics of their own
  const [name, layer] = [$("metric").value, $("layer").value];
  return layer && metrics.has(`${name}_${layer}`) ? `${name}_${layer}` : name;
}

function series(name, apart = isApart()) { // a metric at a cell, as chosen, and how far its interval goes
  const seed = chosenSeed();
  if (seed < 0) {
    const [mean, down, up] = ["mean", "down", "up"].map((part) => array(`${part} ${name}${apart ? "_from_none" : ""}`));
    return { value: (cell) => mean[cell], down: (cell) => down[cell], up: (cell) => (Number.isNaN(up[cell]) ? down[cell] : up[cell]) };
  }
  const one = array(`seed ${name}`).subarray(seed * size, (seed + 1) * size), nothing = () => NaN;
  const value = apart ? (cell) => (none[cell] < 0 ? NaN : one[cell] - one[none[cell]]) : (cell) => one[cell];
  return { value, down: nothing, up: nothing };
}

function told({ value, down, up }, cell) { // a value and its interval: half of it, or its ends where it is not even
  const [middle, low, high] = [value(cell), down(cell), up(cell)];
  if (!Number.isFinite(low + high)) return number(middle);
  const even = Math.abs(high - low) <= 0.02 * (low + high);
  return number(middle) + (even ? ` ± ${number(high, 2)}` : ` (${number(middle - low, 3)} to ${number(middle + high, 3)})`);
}

const over = (drawn) => (chosenSeed() < 0 ? (drawn ? meansOf(drawn) : page.means) : `seed ${page.seeds[chosenSeed()]}`);
function meansOf(drawn) { // over what the means of these cells are, which may have lost seeds
  const counts = drawn.map((cell) => seeds[cell]).filter((count) => count > 0);
  if (page.allSeeds === 1 || !counts.length) return page.means;
  const [few, most] = [Math.min(...counts), Math.max(...counts)];
  return `mean over ${few === most ? "" : `${few} to `}${most} seed${most === 1 ? "" : "s"}${page.folds && `, each of ${page.folds}`}`;
}
const view = () => over() + (isApart() ? `, against no penalty, ${chosenSeed() < 0 ? page.pairs : "of the same seed"}` : "");
const sure = (name, what) => (chosenSeed() < 0 && metrics.get(name).sure ? `; 95 % ${what}, ${metrics.get(name).sure}` : ""); // what intervals are for
const chosenLabel = (name) => metrics.get(name).label + (isApart() ? " against no penalty" : "");

const text = (axis, at) => page.axes[axis].texts[at];
const said = (cell, some) => some.map((i) => `${page.axes[i].name} = ${text(i, places(cell)[i])}`).join(", ");
const place = (cell) => said(cell, varying);

function heldBut(...free) { // where the axes are held that a picture does not show
  const held = varying.filter((i) => !free.includes(i));
  return held.length ? `, at ${said(state.cell, held)}` : "";
}

// Which cells compete, and which is best ---------------------------------------------------------

const lastRung = page.epochs.length - 1;
const wholeRace = (cell) => lastRung < 0 || rung[cell] === lastRung; // trained as long as any
const stopped = (cell) => (wholeRace(cell) ? "" : `stopped after ${page.epochs[rung[cell]]} epochs`);
const ranks = new Map();
const cost = (y) => (page.most === "highest" ? -y : y); // less of it is better

function ranking() { // the rank of each cell by the metric that decides, NaN where it does not compete
  const seed = chosenSeed();
  if (seed < 0) return rank;
  if (!ranks.has(seed)) {
    const { value } = series(page.loss, false);
    const order = everyCell.filter((cell) => wholeRace(cell) && Number.isFinite(value(cell)));
    order.sort((a, b) => cost(value(a)) - cost(value(b)) || a - b);
    const found = new Float32Array(size).fill(NaN);
    order.forEach((cell, i) => { found[cell] = i && value(cell) === value(order[i - 1]) ? found[order[i - 1]] : i + 1; });
    ranks.set(seed, found);
  }
  return ranks.get(seed);
}

const best = () => (chosenSeed() < 0 ? page.best : ranking().indexOf(1));
const sparsest = () => (chosenSeed() < 0 ? page.sparsest : -1); // one seed has no standard error

function front(x, y) { // the competing cells that none beats in both, from the least sparse on
  const order = everyCell.filter((cell) => ranking()[cell] > 0 && Number.isFinite(x(cell)));
  order.sort((a, b) => x(b) - x(a) || cost(y(a)) - cost(y(b)));
  let lowest = Infinity;
  return order.filter((cell) => cost(y(cell)) < lowest && ((lowest = cost(y(cell))), true)).reverse();
}
