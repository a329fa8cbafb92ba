// Surfaces: 3D to turn beside contours, with one cursor in both.

const INK = "#1a1a1a"; // on colours of losses, which are the same in both dresses

function surfaces(items) {
  if (!items.length) return;
  const shown = new Map(); // item -> card, in their order
  let common = null; // limits of colour and height over all that is shown
  const fields = [
    { name: "network", label: "network", options: all(items, "network", "all") },
    { name: "seed", label: "seed", options: all(items, "seed", "all") },
    { name: "name", label: "surface", options: all(items, "name", "all") },
    ...LOSSES,
    { name: "limits", label: "common limits" },
    { name: "evaluated", label: "evaluated points" },
    { name: "drawing", label: "mined drawing", on: true },
    { name: "marks", label: "center and basins", on: true },
    { name: "round", label: "all the way round" },
    ...(data.trajectories.length ? [{ name: "paths", label: "training paths", on: true }] : []),
  ];
  const choice = new Choice(fields, show);

  function show(state) {
    const kept = items.filter((item) =>
      ["network", "seed", "name"].every(
        (key) => state[key] === "" || String(item[key]) === state[key],
      ),
    );
    for (const [item, card] of shown) card.element.hidden = !kept.includes(item);
    const grids = kept.filter((item) => chosen(item, state));
    const log = grids.some((item) => isLog(item, state));
    common = state.limits ? limits(...grids.map((item) => valuesOf(item, state, log))) : null;
    common && (common.log = log);
    redraw([...shown.values()]);
  }

  for (const item of items) {
    const card = new Card({
      link: `surface=${pathOf(item)}`,
      title: `${item.name} · ${modelOf(item)}`,
      text: `Loss over ${item.directions.join(" and ")} about ${item.center}. ${originOf(item)}.`,
      numbers: findings(item),
      target: targetOf(item),
      areas: ["solid", "flat", "round"],
      plots: () => plotsOf(item, choice.state, common, card),
      table: () => tableOf(item),
    });
    shown.set(item, card);
    links.set(card.link, {
      element: card.element,
      before: () => choice.set({ network: "", seed: "", name: "" }),
    });
  }
  const text =
    "Turn a surface by dragging it; move over its contours, and a cursor moves in both. " +
    "The arrow keys do the same in the plot that has the focus.";
  section(
    "surfaces",
    "Surfaces",
    text,
    choice.element,
    el(
      "div",
      { class: "cards wide" },
      [...shown.values()].map((card) => card.element),
    ),
  );
  linkTo("surfaces", "test", choice, { samples: "test" });
}

// Return what the three areas of a surface show.
function plotsOf(item, state, common, card) {
  const packed = chosen(item, state);
  card.areas[2].hidden = !state.round;
  if (!packed) return Array(3).fill(`${item.name} was not evaluated on the test samples.`);
  const log = common ? common.log : isLog(item, state);
  const plane = planeOf(item, packed, log, state.quantity, common);
  card.plane = plane; // what the cursor is over, whatever was chosen when it began to listen
  card.at ??= [nearest(plane.x, 0), nearest(plane.y, 0)];
  return [
    { ...solid(item, plane, state), listen: link },
    { ...flat(item, plane, state), listen: link },
    state.round ? round(plane) : "",
  ];
}

function axisOf(item, number, letter) {
  const norm = item.norms[number];
  return { title: { text: `${letter}: ${item.directions[number]}, ‖ε‖ = ${brief(norm)}` } };
}

function solid(item, plane, state) {
  const { x, y, z, range } = plane;
  const points = (list, others) => ({
    type: "scatter3d",
    mode: "markers",
    hoverinfo: "skip", // else the cursor would stop at marks
    x: list.map((p) => p[0]),
    y: list.map((p) => p[1]),
    z: list.map((p) => p[2]),
    ...others,
  });
  const step = (range[1] - range[0]) / 12 || 1;
  const traces = [
    {
      type: "surface",
      x,
      y,
      z,
      cmin: range[0],
      cmax: range[1],
      colorscale: data.colorscale,
      showscale: false,
      hoverinfo: "none",
      contours: {
        z: {
          show: true,
          start: range[0],
          end: range[1],
          size: step,
          color: "rgba(255,255,255,0.5)",
          width: 1,
        },
      },
      lighting: { ambient: 0.75, diffuse: 0.5, specular: 0.05 },
    },
    points([[0, 0, null]], { marker: { size: 6, color: css("--accent"), symbol: "cross" } }),
  ];
  if (state.marks) {
    traces.push(
      points([[0, 0, plane.center]], {
        marker: { size: 5, color: "#fff", line: { color: INK, width: 2 } },
      }),
    );
    traces.push(
      points(basinsOf(item, plane), { marker: { size: 4, color: INK, symbol: "diamond" } }),
    );
  }
  if (state.evaluated)
    traces.push(points(evaluatedOf(item, plane), { marker: { size: 1.6, color: INK } }));
  if (state.paths && state.quantity === "loss")
    traces.push(...pathsOver(item).map((run, k) => pathInSpace(run, k, plane)));
  const height = {
    title: { text: "" }, // the colour bar says it
    range: padded(range),
    ...(plane.log ? powers(range) : {}),
  };
  const scene = {
    xaxis: { title: { text: "α" } },
    yaxis: { title: { text: "β" } },
    zaxis: height,
  };
  return { traces, layout: { scene, showlegend: false, uirevision: item.file } };
}

function flat(item, plane, state) {
  const { x, y, z, range } = plane;
  const points = (list, others) => ({
    type: "scatter",
    mode: "markers",
    hoverinfo: "skip", // else the cursor would stop at marks
    x: list.map((p) => p[0]),
    y: list.map((p) => p[1]),
    ...others,
  });
  const bar = colorbar(plane.unit, plane.log ? powers(range) : {});
  const traces = [
    {
      type: "contour",
      x,
      y,
      z,
      zmin: range[0],
      zmax: range[1],
      colorscale: data.colorscale,
      hoverinfo: "none",
      colorbar: bar,
      line: { width: 0.6, color: "rgba(255,255,255,0.7)" },
      contours: {
        coloring: "heatmap",
        start: range[0],
        end: range[1],
        size: (range[1] - range[0]) / 15 || 1,
      },
      autocontour: false,
    },
    points([[null, null]], {
      marker: { size: 13, symbol: "cross-thin", line: { color: css("--accent"), width: 2.5 } },
    }),
  ];
  if (state.drawing && item.drawing) traces.push(...drawn(item, x, y));
  if (state.paths) traces.push(...pathsOver(item).flatMap((run, k) => pathTraces(run, k)));
  if (state.marks) {
    traces.push(
      points([[0, 0]], {
        marker: { size: 10, color: "rgba(0,0,0,0)", line: { color: INK, width: 5 } },
      }),
    );
    traces.push(
      points([[0, 0]], {
        marker: { size: 10, color: "rgba(0,0,0,0)", line: { color: "#fff", width: 2 } },
      }),
    );
    traces.push(
      points(basinsOf(item, plane), {
        mode: "markers+text",
        text: (item.basins ?? []).map((basin) => brief(basin[2])),
        textposition: "top center",
        textfont: { color: "#fff", size: 12, shadow: "auto" },
        marker: { size: 9, symbol: "triangle-down", color: "#fff", line: { color: INK, width: 1 } },
      }),
    );
  }
  if (state.evaluated)
    traces.push(
      points(evaluatedOf(item, plane), {
        marker: { size: 2.5, color: "#fff", line: { color: INK, width: 0.5 } },
      }),
    );
  const lost = [];
  plane.raw.forEach((row, j) =>
    row.forEach((value, i) => Number.isFinite(value) || lost.push([x[i], y[j]])),
  );
  traces.push(
    points(lost, {
      marker: { size: 5, symbol: "x-thin", line: { color: css("--ink"), width: 1 } },
    }),
  );
  const layout = {
    showlegend: false,
    margin: { l: 56, r: 8, t: 10, b: 46 },
    xaxis: { ...axisOf(item, 0, "α"), constrain: "domain", range: limits(x), zeroline: false },
    yaxis: {
      ...axisOf(item, 1, "β"),
      scaleanchor: "x",
      constrain: "domain",
      range: limits(y),
      zeroline: false,
    },
  };
  return { traces, layout };
}

// Draw the outline of where the drawing that was mined is low, dark and bright on any colour.
function drawn(item, x, y) {
  const low = transposed(item.drawing, (mark) => (mark < 0 ? 1 : 0));
  const outline = (color, width, dash) => ({
    type: "contour",
    x,
    y,
    z: low,
    showscale: false,
    hoverinfo: "skip",
    autocontour: false,
    contours: { coloring: "none", start: 0.5, end: 0.5, size: 1 },
    line: { color, width, dash },
  });
  return [outline(INK, 3, "solid"), outline("#fff", 1.5, "dash")];
}

function tableOf(item) {
  const [x, y] = [unpacked(item.alpha), unpacked(item.beta)];
  const { loss, accuracy, evaluated, test_loss, test_accuracy } = item;
  const alpha = Array.from(x).flatMap((a) => Array(y.length).fill(a));
  const beta = Array.from(x).flatMap(() => [...y]);
  return stacked([{ alpha, beta, loss, accuracy, evaluated, test_loss, test_accuracy }]);
}
