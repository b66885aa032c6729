// The map ----------------------------------------------------------------------------------------

const HELD_BACK = ["#d9d9d9", "#bdbdbd", "#969696"]; // cells that stopped early, those with least epochs lightest

const shade = (at) => HELD_BACK[Math.min(at + Math.max(HELD_BACK.length - lastRung, 0), HELD_BACK.length - 1)];

function inkOn(place) { // black or white, whichever stands out from a place on the scale
  const luminance = [0.019, 0.039, 0.07, 0.109, 0.159, 0.225, 0.3, 0.397, 0.503, 0.637, 0.782]; // of viridis, at every tenth
  const at = 10 * Math.min(Math.max(place, 0), 1), below = Math.min(Math.floor(at), 9);
  return luminance[below] + (at - below) * (luminance[below + 1] - luminance[below]) > 0.18 ? "black" : "white";
}

function drawMap() {
  const name = metric(), { value, down, up } = series(name);
  const [x, y] = [page.axes[X], page.axes[Y]];
  const { width, height } = $("map").getBoundingClientRect();
  const narrow = width < 450;
  const at = places(state.cell), corner = state.cell - at[X] * strides[X] - at[Y] * strides[Y];
  const cells = y.values.map((_, j) => x.values.map((_, i) => corner + i * strides[X] + j * strides[Y]));
  const flat = cells.flat(), known = (cell) => Number.isFinite(value(cell));
  const shown = flat.filter((cell) => known(cell) && wholeRace(cell));
  const colours = scale(shown.map(value), shown.map(up), name);
  const z = cells.map((row) => row.map((cell) => (known(cell) && wholeRace(cell) ? colours.forth(value(cell)) : null)));
  const room = Math.min((width - 140) / x.values.length, (height - 100) / y.values.length); // of a cell, in pixels
  const small = Math.max(3, Math.min(8, room / 3));
  const traces = [{ type: "heatmap", z, hoverinfo: "none", colorscale: "Viridis", showscale: Boolean(colours),
    zmin: 0, zmax: 1, colorbar: { thickness: 12, outlinewidth: 0, ...colours?.bar } }];
  for (const [rungAt, epochs] of page.epochs.slice(0, -1).entries()) {
    const there = (cell) => known(cell) && rung[cell] === rungAt;
    if (!flat.some(there)) continue;
    traces.push({ type: "heatmap", z: cells.map((row) => row.map((cell) => (there(cell) ? 1 : null))), hoverinfo: "none", showscale: false,
      colorscale: [[0, shade(rungAt)], [1, shade(rungAt)]] });
    traces.push({ type: "scatter", mode: "markers", x: [null], y: [null], name: `stopped after ${epochs} epochs`,
      marker: { symbol: "square", size: 12, color: shade(rungAt) } });
  }
  if (lastRung > 0 && room > 26) {
    const early = flat.filter((cell) => known(cell) && !wholeRace(cell)).map((cell) => [places(cell), String(page.epochs[rung[cell]])]);
    traces.push({ type: "scatter", mode: "text", hoverinfo: "skip", showlegend: false, text: early.map(([, words]) => words),
      x: early.map(([p]) => p[X]), y: early.map(([p]) => p[Y]), textfont: { size: 11 } });
  }
  const [i, j] = [at[X], at[Y]];
  for (const [colour, width] of [["black", 5], ["white", 2]]) { // the frame, seen on any colour
    traces.push({ type: "scatter", mode: "lines", x: [-1, 1, 1, -1, -1].map((d) => i + d / 2), y: [-1, -1, 1, 1, -1].map((d) => j + d / 2),
      line: { color: colour, width }, hoverinfo: "skip", showlegend: false, cliponaxis: false });
  }
  const onMap = (cell) => cell >= 0 && moved(moved(cell, X, at[X]), Y, at[Y]) === state.cell;
  const mark = (some, marker, title, { aside = 0, ...more } = {}) => {
    const marked = some.filter(onMap).map(places);
    if (marked.length) traces.push({ type: "scatter", mode: "markers", hoverinfo: "skip", name: title, cliponaxis: false,
      x: marked.map((p) => p[X] + aside), y: marked.map((p) => p[Y] + aside), marker, ...more });
  };
  const stroke = (some, symbol, title, ink, aside = 0) => { // white in the legend, whose ground is dark
    const marker = (colour, size) => ({ symbol, size, color: colour, line: { color: colour, width: 1.3 } });
    for (const colour of new Set(some.map(ink))) mark(some.filter((cell) => ink(cell) === colour), marker(colour, small), title, { showlegend: false, aside });
    if (some.length) traces.push({ type: "scatter", mode: "markers", x: [null], y: [null], name: title, marker: marker("white", 8) });
  };
  const contrast = (cell) => inkOn(colours.forth(value(cell)));
  const missing = flat.filter((cell) => !known(cell) && exists(cell));
  stroke(missing.filter((cell) => diverged[cell] > 0), "x-thin-open", isApart() ? "no difference: runs diverged" : "no value: runs diverged", () => GREY);
  stroke(missing.filter((cell) => !(diverged[cell] > 0)), "circle-open", isApart() ? "nothing to compare with" : "no value", () => GREY);
  stroke(flat.filter((cell) => !exists(cell)), "square-open", "no finished run", () => GREY);
  const unclear = (cell) => value(cell) && value(cell) - down(cell) <= 0 && value(cell) + up(cell) >= 0;
  if (isApart()) stroke(shown.filter(unclear), "line-ne-open", "95 % interval holds 0", contrast);
  stroke(shown.filter((cell) => value(cell) > colours.high), "triangle-up", `beyond the scale, up to ${number(colours?.top, 3)}`, contrast, -0.25);
  stroke(shown.filter((cell) => value(cell) < colours.low), "triangle-down", `beyond the scale, down to ${number(colours?.bottom, 3)}`, contrast, -0.25);
  stroke(shown.filter((cell) => chosenSeed() < 0 && diverged[cell] > 0), "x-thin-open", "some runs diverged", contrast, 0.25);
  const ring = (width, colour) => ({ symbol: "circle-open", size: 17, color: colour, line: { color: colour, width } });
  mark([sparsest()], ring(6, "black"), "", { showlegend: false });
  mark([sparsest()], ring(2.5, "white"), "sparsest within 1 SE");
  mark([best()], { symbol: "star", size: 12, color: "white", line: { color: "black", width: 1 } }, `${page.most} ${page.loss}`);
  draw("map", traces, {
    xaxis: { title: { text: safe(x.label) }, showgrid: false, range: [-0.5, x.values.length - 0.5], ...ticks(x.evenLabels, width - (narrow ? 150 : 190), true) },
    yaxis: { title: { text: safe(y.label) }, showgrid: false, range: [-0.5, y.values.length - 0.5], ...ticks(y.evenLabels, height - 110, false) },
    legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", traceorder: "normal", bgcolor: "#55585f", font: { color: "white" } }, // marks are white and black
  });
  const layer = metrics.get(name).layer ? [swatch(name)] : [];
  $("map-says").replaceChildren(...layer, `${chosenLabel(name)}, ${over(flat.filter(known))}${heldBut(X, Y)}${isApart() ? sure(name, "interval") : ""}. The frame is the chosen cell.`);
}

function hover(x, y, event) { // the figures of the cell under the pointer
  const cell = moved(moved(state.cell, X, x), Y, y);
  const lines = [place(cell), told(series(metric()), cell), stopped(cell)];
  if (diverged[cell]) lines.push(`${diverged[cell]} of ${runs[cell]} runs diverged`);
  const tip = $("tip");
  tip.textContent = lines.filter(Boolean).join("\n");
  tip.hidden = false;
  tip.style.left = `${Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8)}px`;
  tip.style.top = `${event.clientY + 14}px`;
}
