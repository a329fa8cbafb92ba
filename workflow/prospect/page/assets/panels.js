// Panels that systems bring: figures as they say them, some with a slider over steps.

function panels(all) {
  for (const panel of all) {
    const shown = panel.figures.map((figure) => {
      const { steps } = figure;
      const labels = steps.map(([label]) => label);
      const slider =
        steps.length > 1
          ? stepper(figure.step, labels, steps.length - 1, () => card.seen && card.draw())
          : null;
      const traces = () => (steps.length ? steps[slider?.value ?? 0][1] : figure.traces);
      const card = new Card({
        link: `figure=${panel.name}/${figure.name}`,
        title: figure.title,
        text: figure.text,
        target: figureFile(figure.figure),
        areas: ["scene" in figure.layout ? "solid" : "line"],
        plots: () => [shownAs(traces(), { ...figure.layout, uirevision: figure.name })],
        table: () => traceTable(traces()),
        tools: slider ? [slider.element] : [],
      });
      for (const table of figure.tables) {
        if (!figuresOf.has(table)) figuresOf.set(table, []);
        figuresOf.get(table).push({ link: card.link, title: figure.title });
      }
      return card.element;
    });
    if (shown.length)
      section(panel.name, panel.title, panel.text, el("div", { class: "cards" }, shown));
  }
}

// Complete a figure: a surface of losses has the colours and the scale of all surfaces.
function shownAs(traces, layout) {
  const [first] = traces;
  if (!first?.losses) return { traces, layout };
  const { log, low, high } = first.losses;
  const range = [onScale(low, log), onScale(high, log)];
  const ticks = log ? powers(range) : {};
  const z = rowsOf(first.z).map((row) => Array.from(row, (value) => onScale(value, log)));
  const [cmin, cmax] = range;
  const unit = unitOf("loss", log);
  const surface = {
    ...first,
    z,
    cmin,
    cmax,
    colorscale: data.colorscale,
    colorbar: colorbar(unit, ticks),
  };
  const zaxis = { title: { text: "" }, range: padded(range), ...ticks };
  return {
    traces: [surface, ...traces.slice(1)],
    layout: { ...layout, scene: { ...layout.scene, zaxis } },
  };
}

const figuresOf = new Map(); // the figures that show a table

// Return the numbers of traces as one table: a row a point of a line, or of a surface.
function traceTable(traces) {
  const parts = traces
    .filter(({ mode }) => mode !== "none")
    .map(({ type, name: trace, x, y, z, error_y: bars }) => {
      if (type === "surface") {
        const [along, up] = [unpacked(x), unpacked(y)];
        const places = Array.from(up).flatMap((b) => Array.from(along, (a) => [a, b]));
        return { trace, x: places.map(([a]) => a), y: places.map(([, b]) => b), z };
      }
      const numbers = unpacked(y);
      const end = (reach, sign) => Array.from(unpacked(reach), (far, k) => numbers[k] + sign * far);
      const ends = bars && { low: end(bars.arrayminus, -1), high: end(bars.array, 1) };
      return { trace, x, y, z: "", low: "", high: "", ...ends };
    });
  return stacked(parts);
}
