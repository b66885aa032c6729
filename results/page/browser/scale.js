// How values become places and colours ----------------------------------------------------------

const POWERS = Array.from({ length: 629 }, (_, i) => Number(`1e${i - 320}`));
const WIDE = 10, LEAST = 1 / 10, REACH = 2 ** (1 / LEAST) - 1;

function quantile(sorted, share) {
  return sorted[Math.floor(share * (sorted.length - 1))];
}

function scaleOf(values, { ratio, foot }) { // its ends, step and top value: the twin of results/scale.py, which says why
  const finite = [...new Set(values.filter(Number.isFinite))].sort((a, b) => a - b);
  const [low, high] = [finite[0] ?? 0, finite[finite.length - 1] ?? 0], ends = { bottom: Math.min(low, 0), top: Math.max(high, 0) };
  if (finite.length < 2) return { low: ends.bottom, high: ends.top || 1, step: Infinity, ...ends };
  [ends.bottom, ends.top] = [low, high];
  if (Number.isFinite(foot) && low < foot && foot < high) return { low: foot, high, step: Infinity, ...ends };
  const half = finite[Math.max(Math.floor((finite.length - 1) / 2), 1)] - low;
  const wide = low > 0 && high / low > WIDE && high / low < Infinity;
  if (!ratio || (!wide && half >= LEAST * (high - low))) return { low, high, step: Infinity, ...ends };
  if (wide && Math.log1p(half / low) >= LEAST * Math.log(high / low)) return { low, high, step: low, ...ends };
  const near = finite.filter((value) => value <= low + REACH * half);
  if (near.length < finite.length) return { ...scaleOf(near, { ratio }), top: high };
  return { low, high, step: half, ...ends };
}

function placed({ low, high, step }, value) { // where a value lies, from 0 to 1
  const along = Math.min(Math.max(value, low), high) - low, whole = high - low;
  return step === Infinity ? along / whole : Math.log1p(along / step) / Math.log1p(whole / step);
}

function valued({ low, high, step }, at) { // the value at a place
  return step === Infinity ? low + at * (high - low) : low + step * Math.expm1(at * Math.log1p((high - low) / step));
}

function marks(low, high, log) { // round numbers from one value to another
  if (log) {
    const decades = Math.log10(high / low), every = Math.ceil(decades / 6), inside = (value) => value >= low && value <= high;
    const some = decades < 3 ? POWERS.flatMap((power) => [power, 2 * power, 5 * power]) : POWERS.filter((power) => Math.round(Math.log10(power)) % every === 0);
    if (some.filter(inside).length > 2) return some.filter(inside);
  }
  const power = 10 ** Math.floor(Math.log10(high - low));
  const first = (step) => Math.ceil(low / step - 1e-9), last = (step) => Math.floor(high / step + 1e-9);
  const step = power * ([5, 2, 1, 0.5].find((factor) => last(factor * power) - first(factor * power) >= 2) ?? 0.2);
  return Array.from({ length: last(step) - first(step) + 1 }, (_, i) => Number(((first(step) + i) * step).toPrecision(12)));
}

function written(values) { // as many digits as tell them apart, three at the least
  const digits = [3, 4, 5, 6, 7].find((some) => new Set(values.map((value) => number(value, some))).size === values.length);
  return values.map((value) => number(value, digits ?? 8));
}

function ticks(labels, pixels, letters) { // the most telling labels that do not touch
  const at = labels.map(([place]) => place);
  const [low, high] = [Math.min(...at), Math.max(...at)];
  const kept = [];
  for (const [place, words] of labels) {
    const where = ((place - low) / (high - low || 1)) * pixels;
    const room = letters ? 4 * (words.length + 2) : 9;
    if (kept.every((other) => Math.abs(other.where - where) >= room + other.room)) kept.push({ place, words, where, room });
  }
  return { tickmode: "array", tickvals: kept.map((t) => t.place), ticktext: kept.map((t) => safe(t.words)) };
}

function upright(values, lows, highs, { ratio, foot }) { // an axis that holds the values and their bands, but for what would flatten them
  const known = values.filter(Number.isFinite);
  if (!known.length) return { axis: {}, clip: (some) => some, above: [], below: [] };
  const found = scaleOf(values, { ratio, foot }), log = ratio && found.low > 0 && found.high > WIDE * found.low;
  const forth = (value) => (log ? Math.log10(value) : value), back = (at) => (log ? 10 ** at : at);
  const within = (value) => value >= found.low && value <= found.high;
  const kept = known.filter(within).map(forth);
  const [least, most] = [Math.min(...kept), Math.max(...kept)];
  const down = lows.map((low, i) => forth(values[i]) - forth(low)), up = highs.map((high, i) => forth(high) - forth(values[i]));
  const widths = [...down, ...up].filter((width) => Number.isFinite(width) && width > 0).sort((a, b) => a - b);
  const room = Math.max(most - least, 3 * (quantile(widths, 0.5) ?? 0)) || Math.abs(least) / 10 || 1;
  const inside = values.map(within);
  const ends = (some) => some.filter((end, i) => inside[i] && Number.isFinite(end)).map(forth).filter(Number.isFinite);
  const bottom = Math.max(Math.min(least, ...ends(lows)), least - room) - 0.06 * room;
  const top = Math.min(Math.max(most, ...ends(highs)), most + room) + 0.08 * room;
  const [floor, ceiling] = [back(bottom - 0.02 * room), back(top + 0.02 * room)];
  const clip = (some) => some.map((value) => (Number.isFinite(value) || Math.abs(value) === Infinity ? Math.min(Math.max(value, floor), ceiling) : NaN));
  const tickvals = marks(back(bottom), back(top), log);
  const places = (is) => values.flatMap((value, i) => (is(value) ? [i] : []));
  const above = places((value) => value > found.high), below = places((value) => value < found.low);
  const edges = { top: found.top, edge: back(top), bottom: Math.min(...known), floor: back(bottom) };
  return { clip, above, below, ...edges, axis: { type: log ? "log" : "linear", range: [bottom, top], tickvals, ticktext: written(tickvals) } };
}

function shares(values) { // an axis of shares
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const pad = Math.max(0.06 * (high - low), 0.01), [from, to] = [Math.max(low - pad, -0.03), Math.min(high + pad, 1.03)];
  const tickvals = marks(Math.max(from, 0), Math.min(to, 1), false);
  return { range: [from, to], tickvals, ticktext: written(tickvals) };
}

function apartScale(values, widths) { // of differences: in logarithm but for the noise, half a typical interval
  const sizes = (some) => some.filter((value) => value > 0).sort((a, b) => a - b);
  const typical = quantile(sizes(values.map(Math.abs)), 0.5) ?? 1, noise = quantile(sizes(widths), 0.5) ?? typical;
  const near = values.filter((value) => Math.abs(value) <= REACH * Math.max(typical, noise));
  const [low, high] = [Math.min(0, ...near), Math.max(0, ...near)], [from, to] = [low, high].map((end) => Math.asinh(end / noise));
  const powers = POWERS.filter((power) => power > noise && power < Math.max(-low, high));
  const some = powers.filter((_, i) => i % Math.ceil(powers.length / 5) === 0);
  return { low, high, forth: (value) => (Math.asinh(Math.min(Math.max(value, low), high) / noise) - from) / (to - from || 1),
    wanted: [0, ...some.flatMap((power) => [power, -power])] };
}

function plainScale(values, told) {
  const found = scaleOf(values, told), { low, high, step } = found;
  const wanted = step === Infinity || step === low ? marks(low, high, step === low) : [0.2, 0.4, 0.6, 0.8].map((at) => Number(valued(found, at).toPrecision(2)));
  return { low, high, forth: (value) => placed(found, value), wanted };
}

function scale(values, widths, name) { // how values become colours, from 0 to 1, and what stands at the colour bar
  const told = metrics.get(name), far = told.ratio || Number.isFinite(told.foot), known = values.filter(Number.isFinite);
  if (!known.length) return null;
  const { low, high, forth, wanted } = isApart() && far ? apartScale(known, widths) : plainScale(known, isApart() ? {} : told);
  const [bottom, top] = [Math.min(...known), Math.max(...known)], kept = [];
  for (const value of [low, high, ...wanted]) {
    const at = forth(value);
    if (value >= low && value <= high && kept.every((k) => Math.abs(k.at - at) > 0.07)) kept.push({ at, value });
  }
  const beyond = (value) => (value === high && top > high ? "≥ " : value === low && bottom < low ? "≤ " : "");
  const ticktext = written(kept.map((k) => k.value)).map((word, i) => beyond(kept[i].value) + word);
  return { forth, low, high, bottom, top, bar: { tickvals: kept.map((k) => k.at), ticktext } };
}
