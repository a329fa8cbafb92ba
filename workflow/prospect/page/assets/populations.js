// Populations: a band of quantiles, and single members where the pointer is.

function populations(items) {
  const shown = items.map((item) => {
    const counts = new Map();
    for (const shape of item.members ?? []) counts.set(shape, (counts.get(shape) ?? 0) + 1);
    const [count] = item.loss.shape.split(", ");
    const shares = [...counts]
      .sort((a, b) => b[1] - a[1])
      .map(([shape, of]) => `${shape}: ${of} of ${count}`);
    const card = new Card({
      link: `population=${pathOf(item)}`,
      title: `${item.name} · ${modelOf(item)}`,
      text: `Loss along ${count} random directions about ${item.center}. ${originOf(item)}.`,
      numbers: shares,
      target: item.file,
      areas: ["line"],
      plots: () => [bands(item, card)],
      table: () => memberTable(item),
    });
    return card.element;
  });
  const text = "Many random directions at one center. Point at a curve to see the one that it is.";
  if (items.length)
    section("populations", "Populations", text, el("div", { class: "cards" }, shown));
}

function bands(item, card) {
  const alpha = unpacked(item.alpha);
  const value = (loss) => (item.log ? Math.max(loss, data.floor) : loss);
  const [low, lower, middle, upper, high] = rowsOf(item.quantiles).map((row) =>
    Array.from(row, value),
  );
  const members = rowsOf(item.loss);
  const there = [...alpha];
  const area = (name, below, above) => ({
    type: "scatter",
    mode: "none",
    fill: "toself",
    color: 0,
    name,
    hoverinfo: "skip",
    x: [...there, ...there.toReversed()],
    y: [...below, ...above.toReversed()],
  });
  const all = { x: [], y: [], customdata: [] };
  members.forEach((row, number) => {
    row.forEach(
      (loss, k) => (all.x.push(alpha[k]), all.y.push(value(loss)), all.customdata.push(number)),
    );
    (all.x.push(null), all.y.push(null), all.customdata.push(number));
  });
  const line = { type: "scatter", mode: "lines" };
  return {
    traces: [
      {
        ...line,
        ...all,
        name: "members",
        line: { width: 0.5, color: faded(css("--ink-hex"), 0.18) },
        hoverinfo: "none",
      },
      area("5 to 95 %", low, high),
      area("25 to 75 %", lower, upper),
      { ...line, x: there, y: middle, name: "median", color: 0, hoverinfo: "skip" },
      {
        ...line,
        x: [],
        y: [],
        name: "the one pointed at",
        color: 3,
        showlegend: false,
        hoverinfo: "skip",
      },
    ],
    layout: {
      xaxis: { title: { text: "α [ε]" } },
      yaxis: { title: { text: LOSS }, type: item.log ? "log" : "linear" },
    },
    listen: (plot) =>
      plot.on("plotly_hover", ({ points }) => {
        const point = points.find(({ curveNumber }) => curveNumber === 0);
        if (!point) return;
        const number = point.customdata;
        Plotly.restyle(plot, { x: [there], y: [Array.from(members[number], value)] }, [4]);
        const shape = item.members?.[number];
        const place = `α ${brief(point.x)}: loss ${brief(point.y)}`;
        card.readout.textContent = `direction ${number}${shape ? `: ${shape}` : ""}; ${place}`;
      }),
  };
}

function memberTable({ alpha, loss, accuracy }) {
  const metric = rowsOf(accuracy);
  return stacked(
    rowsOf(loss).map((row, direction) => ({
      direction,
      alpha,
      loss: row,
      accuracy: metric[direction],
    })),
  );
}
