// Which columns of the data runs keep, along a penalty: each has the colour that it has in the table -

function drawInputs() {
  if (!page.inputs) return;
  const { axis, chosen, threshold, lines } = page.inputs;
  const gap = (some, between) => (axis.zero ? [some[0], between, ...some.slice(1)] : some); // 0 stands apart
  const traces = lines.map(({ name, colour, named, kept }, i) => ({
    x: gap(axis.at, null), y: gap(kept, null), mode: "lines+markers", name: safe(name), showlegend: named, opacity: named ? 1 : 0.5,
    line: { color: colour, width: named ? 2 : 1, dash: named ? DASHES[i % DASHES.length] : "solid" }, marker: { color: colour, size: named ? 6 : 3 },
    text: gap(axis.at, null).map(() => safe(name)), hovertemplate: `%{text}<br>kept by %{y:.2f} of the runs<extra></extra>` }));
  const line = (ends, dash) => ({ type: "line", line: { color: GREY, width: 1, dash }, layer: "below", ...ends });
  draw("inputs-path", [...traces.filter(({ showlegend }) => !showlegend), ...traces.filter(({ showlegend }) => showlegend)], {
    xaxis: { title: { text: safe(axis.label) }, ...ticks(axis.labels, $("inputs-path").clientWidth - 90, true) },
    yaxis: { title: { text: "share of runs that keep it" }, range: [-0.04, 1.04] },
    shapes: [line({ xref: "paper", x0: 0, x1: 1, y0: threshold, y1: threshold }, "dash"),
      line({ yref: "paper", y0: 0, y1: 1, x0: axis.at[chosen], x1: axis.at[chosen] }, "dot")],
    hovermode: "closest",
  });
}
