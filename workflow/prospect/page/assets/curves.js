// Curves: all of a network in one panel.

function curves(items) {
  if (!items.length) return;
  const fields = [
    { name: "network", label: "network", options: all(items, "network", "all") },
    { name: "seed", label: "seed", options: all(items, "seed", "all") },
    ...LOSSES,
    { name: "limits", label: "common limits" },
    { name: "marks", label: "basins and barriers", on: true },
    { name: "drawing", label: "mined drawing" },
    { name: "parabola", label: "parabola of the Hessian" },
  ];
  const choice = new Choice(fields, show);
  const models = Map.groupBy(items, modelOf);
  const shown = new Map();

  function show(state) {
    for (const [model, card] of shown) {
      const [item] = models.get(model);
      card.element.hidden = ["network", "seed"].some(
        (key) => state[key] !== "" && String(item[key]) !== state[key],
      );
    }
    redraw([...shown.values()]);
  }

  for (const [model, own] of models) {
    const [first] = own;
    const card = new Card({
      link: `curves=${first.network}/seed${first.seed}`,
      title: model,
      text: `Loss along ${own.map(nameOf).join("; ")}. ${originOf(first)} each.`,
      target: targetOf(first),
      areas: ["line"],
      plots: () => [linesOf(own, choice.state, choice.state.limits ? items : own)],
      table: () => curveTable(own),
    });
    shown.set(model, card);
    const before = () => choice.set({ network: "", seed: "" });
    for (const item of own) links.set(`curve=${pathOf(item)}`, { element: card.element, before });
    links.set(card.link, { element: card.element, before });
  }
  const text =
    "All curves of a network, each along its own direction, in units of its length. " +
    "Click a name to hide a curve, twice to see it alone.";
  section(
    "curves",
    "Curves",
    text,
    choice.element,
    el(
      "div",
      { class: "cards" },
      [...shown.values()].map((card) => card.element),
    ),
  );
  linkTo("curves", "test", choice, { samples: "test" });
  linkTo("curves", "hessian", choice, { parabola: true });
}

// Name a curve: what it is called, the shape if that is another name, and how sure it is.
function nameOf(item) {
  const shape = item.shape && item.shape !== item.name ? `: ${item.shape}` : "";
  const sure = item.confidence != null ? ` (${brief(item.confidence)}×)` : "";
  return `${item.name}${shape}${sure}`;
}

function linesOf(own, state, among) {
  const log = own.some((item) => isLog(item, state));
  const traces = [];
  const shown = (loss) => (log && loss < data.floor ? null : loss);
  for (const [color, item] of own.entries()) {
    const packed = chosen(item, state);
    if (!packed) continue;
    const [x, y] = [unpacked(item.alpha), unpacked(packed)];
    const dash = ["solid", "dash", "dot", "dashdot"][color % 4];
    const word = safe(wordOf(state.quantity));
    const hovered = `${safe(item.name)}<br>α %{x:.3g}<br>${word} %{y:.3g}<extra></extra>`;
    const group = { legendgroup: item.name, color };
    const value = (loss) => (log ? Math.max(loss, data.floor) : loss);
    traces.push({
      type: "scatter",
      mode: "lines",
      x,
      y: Array.from(y, value),
      name: nameOf(item),
      ...group,
      line: { dash },
      hovertemplate: hovered,
    });
    const points = (list, symbol, others = {}) => ({
      type: "scatter",
      mode: "markers",
      x: list.map((p) => p[0]),
      y: list.map((p) => value(p[1])),
      showlegend: false,
      ...group,
      marker: { symbol, size: 9, line: { width: 1, color: css("--ink") } },
      hovertemplate: hovered,
      ...others,
    });
    traces.push(points([[0, y[nearest(x, 0)]]], "circle-open"));
    if (state.marks && state.quantity === "loss" && !state.samples)
      traces.push(
        points(item.basins ?? [], "triangle-down"),
        points(item.barriers ?? [], "triangle-up"),
      );
    if (state.drawing && item.drawing) traces.push(points(lows(item, x, y), "line-ew-open"));
    if (state.parabola && state.quantity === "loss" && item.curvature != null)
      traces.push({
        type: "scatter",
        mode: "lines",
        x,
        showlegend: false,
        ...group,
        line: { dash: "dot", width: 1.2 },
        hoverinfo: "skip",
        y: Array.from(x, (a) =>
          shown(item.center_loss + a * (item.slope + (item.curvature * a) / 2)),
        ),
      });
  }
  if (!traces.length) return "None of these curves was evaluated on the test samples.";
  const scale = among.flatMap((item) => valuesIn(item, state, log));
  const [low, high] = padded(limits(scale));
  return {
    traces,
    layout: {
      xaxis: { title: { text: "α [ε]" }, zeroline: true },
      yaxis: {
        title: { text: unitOf(state.quantity, false) },
        type: log ? "log" : "linear",
        range: [low, high],
      },
      uirevision: own[0].file,
    },
  };
}

function valuesIn(item, state, log) {
  const packed = chosen(item, state);
  return packed ? Array.from(unpacked(packed), (value) => onScale(value, log)) : [];
}

// Return the points of a curve where the drawing that was mined is low.
function lows(item, x, y) {
  const points = [];
  unpacked(item.drawing).forEach((mark, k) => mark < 0 && points.push([x[k], y[k]]));
  return points;
}

// Plotly reads some HTML in texts of its own: show a name as it is.
const safe = (text) =>
  String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll("%{", "% {");

const curveTable = (own) =>
  stacked(
    own.map(({ name: curve, alpha, loss, accuracy, test_loss, test_accuracy }) => {
      return { curve, alpha, loss, accuracy, test_loss, test_accuracy };
    }),
  );
