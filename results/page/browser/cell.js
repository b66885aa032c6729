// The chosen cell: its figures, and commands about it -------------------------------------------

function element(kind, words, more = {}) {
  return Object.assign(document.createElement(kind), { textContent: words, ...more });
}

function swatch(name) { // the colour that a layer has wherever it is drawn, beside its name
  const mark = element("span", "", { className: "swatch" });
  mark.style.background = lineColour(name);
  return mark;
}

function tell() { // the chosen cell's figures
  const cell = state.cell, lines = page.axes.map((axis, i) => [axis.label, text(i, places(cell)[i])]);
  for (const name of new Set([metric(), ...metrics.keys()])) lines.push([chosenLabel(name), told(series(name), cell), metrics.get(name).layer && name]);
  lines.push([`rank by ${page.loss}`, Number.isFinite(ranking()[cell]) ? number(ranking()[cell]) : "does not compete"]);
  if (lastRung >= 0 && exists(cell)) lines.push(["epochs", number(page.epochs[rung[cell]])]);
  if (chosenSeed() < 0) lines.push(["seeds in the mean", number(seeds[cell])]);
  lines.push([chosenSeed() < 0 ? "runs" : "runs of all seeds", exists(cell) ? `${runs[cell]}, ${diverged[cell]} diverged` : "none finished"]);
  $("details").replaceChildren(...lines.flatMap(([key, words, layer]) => {
    const name = element("dt", key);
    if (layer) name.prepend(swatch(layer));
    return [name, element("dd", words)];
  }));
  const interval = chosenSeed() < 0 && page.intervals ? `, with the 95 % interval, ${page.intervals}` : "";
  $("cell-says").textContent = `${view()}${interval}`;
  tellCommands();
}

const quoted = (word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, `'"'"'`)}'`); // for a shell

function isIdle(name, at) { // whether a value only fills the column, since another axis makes it mean nothing
  if (name === "leak") return "activation" in at && at.activation !== "leaky_relu";
  if (name === "momentum") return at.optimizer === "rmsprop";
  return (name === "beta2" || name === "epsilon") && at[name] === 0;
}

function given(cell) { // the options that stand for a cell
  const at = Object.fromEntries(page.axes.map((axis, i) => [axis.name, axis.values[places(cell)[i]]]));
  const word = (name) => (at[name] === 0 && name === "batch_size" ? "full" : at[name] === 0 && name === "patience" ? "off" : String(at[name]));
  return Object.entries(page.commands.options).filter(([name]) => name !== page.commands.along && !isIdle(name, at)).map(([name, option]) => {
    const [flag, before] = option.split(" ");
    return `${flag} ${quoted(before + word(name))}`;
  });
}

function commandsOf(cell) { // [what each does, the command]
  const { directory, options, rank: by, sample, raced, along } = page.commands;
  const base = directory.replace(/\/+$/, ""), fresh = quoted(`${base}-cell`), found = [], ranked = by ? ` --metric ${by}` : "";
  const save = (rule) => [rule ? "save the model of the sparsest as good" : "save the model of the best cell",
    `sweep best ${quoted(directory)}${ranked}${rule} --save ${quoted(`${base}.npz`)}`];
  if (chosenSeed() < 0 && cell === page.best) found.push(save(""));
  else if (chosenSeed() < 0 && cell === page.sparsest) found.push(save(" --rule one-se"));
  const file = sample ? quoted(`${base}-cell.toml`) : quoted(`${base}/sweep.toml`);
  const train = ["sweep run", file, ...given(cell), ...(raced ? ["--halving off"] : []), "--out", fresh].join(" ");
  found.push([along === "off" ? "train it again by itself, and save its model" : `train the path through it along ${along} again, and save its best model`,
    (sample ? `grep -v '^sample' ${quoted(`${base}/sweep.toml`)} > ${file}\n` : "") + `${train}\nsweep best ${fresh}${ranked} --save ${quoted(`${base}-cell.npz`)}`]);
  const held = page.listed ? [] : varying.filter((i) => i !== X && i !== Y && page.axes[i].name in options);
  if (held.length) found.push(["draw it all through it", `sweep plot ${quoted(directory)}${ranked} ${held.map((i) => `--at ${quoted(`${page.axes[i].name}=${page.axes[i].values[places(cell)[i]]}`)}`).join(" ")}`]);
  return found;
}

function tellCommands() {
  if (!page.commands) return;
  $("commands").replaceChildren(...(exists(state.cell) ? commandsOf(state.cell) : []).flatMap(([what, command], i) => {
    const title = element("p", `${what[0].toUpperCase()}${what.slice(1)}: `), shown = element("pre", command, { id: `command-${i}`, tabIndex: 0 });
    const button = element("button", "copy", { type: "button", onclick: () => copy(shown) });
    button.setAttribute("aria-label", `copy the command: ${what}`);
    title.append(button);
    return [title, shown];
  }));
}

async function copy(shown) {
  let done = true;
  try {
    await navigator.clipboard.writeText(shown.textContent);
  } catch { // a browser that keeps it from pages of the disk: the text is selected, for the keys
    getSelection().selectAllChildren(shown);
    done = document.execCommand("copy");
  }
  $("copied").textContent = done ? "Copied." : "Selected: press Ctrl+C, or Cmd+C.";
}
