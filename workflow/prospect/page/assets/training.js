// Training: loss and accuracy by epoch, with a slider that says both at one.

function training(runs) {
  const words = data.metric ? `Loss and ${data.metric}` : "Loss";
  const quantities = data.metric ? ["loss", "accuracy"] : ["loss"];
  const shown = [...Map.groupBy(runs, (run) => run.network)].map(([network, own]) => {
    const last = Math.max(...own.map((run) => unpacked(run.epoch).at(-1)));
    const slider = stepper(
      "epoch",
      Array.from({ length: last + 1 }, (_, epoch) => String(epoch)),
      last,
      () => {
        card.readout.textContent = own.map((run) => saidAt(run, slider.value)).join(" · ");
        if (card.seen) card.draw();
      },
    );
    const card = new Card({
      link: `training=${network}`,
      title: network,
      text: `${words} of ${network} by epoch, a colour a seed; dashed: on the test samples.`,
      target: own[0].file,
      areas: quantities.map(() => "line"),
      plots: () => quantities.map((quantity) => courses(own, quantity, slider.value)),
      table: () => courseTable(own),
      tools: [slider.element],
    });
    card.readout.textContent = own.map((run) => saidAt(run, last)).join(" · ");
    return card.element;
  });
  if (runs.length) section("training", "Training", "", el("div", { class: "cards wide" }, shown));
}

// Return a slider over names of steps, from which the first number is taken as its place.
function stepper(name, labels, at, changed) {
  const value = el("output", { class: "step" }, labels[at]);
  const input = el("input", {
    type: "range",
    min: 0,
    max: labels.length - 1,
    value: at,
    "aria-label": name,
  });
  input.addEventListener("input", () => {
    value.textContent = labels[input.value];
    input.setAttribute("aria-valuetext", labels[input.value]);
    changed(Number(input.value));
  });
  input.setAttribute("aria-valuetext", labels[at]);
  return {
    element: el("label", { class: "slider" }, name, input, value),
    get value() {
      return Number(input.value);
    },
  };
}

function courses(runs, quantity, epoch) {
  const traces = runs.flatMap((run, color) => {
    const x = unpacked(run.epoch);
    const line = (name, values, dash) => ({
      type: "scatter",
      mode: "lines",
      x,
      y: unpacked(values),
      name: `seed ${run.seed}, ${name}`,
      color,
      line: { dash, width: dash === "solid" ? 2 : 1.3 },
      hovertemplate: "epoch %{x}: %{y:.3g}",
    });
    return [
      line("training", run[quantity], "solid"),
      ...(run[`test_${quantity}`] ? [line("test", run[`test_${quantity}`], "dash")] : []),
    ];
  });
  const here = {
    type: "line",
    x0: epoch,
    x1: epoch,
    yref: "paper",
    y0: 0,
    y1: 1,
    line: { color: css("--accent"), width: 1.5 },
  };
  const layout = {
    xaxis: { title: { text: "epoch" }, rangemode: "tozero" },
    yaxis: {
      title: { text: unitOf(quantity, false) },
      type: quantity === "loss" ? "log" : "linear",
    },
    shapes: [here],
    showlegend: runs.length <= 4,
  };
  return { traces, layout };
}

function saidAt(run, epoch) {
  const at = unpacked(run.epoch).indexOf(epoch);
  const value = (name) => (run[name] ? unpacked(run[name])[at] : null);
  const said = ["", "test_"]
    .filter((split) => run[`${split}loss`])
    .map((split) => {
      const metric = data.metric ? `, ${data.metric} ${metricOf(value(`${split}accuracy`))}` : "";
      return `${split ? "test " : ""}loss ${brief(value(`${split}loss`))}${metric}`;
    });
  return `seed ${run.seed}, epoch ${epoch}: ${said.join("; ")}`;
}

function courseTable(runs) {
  const columns = { seed: [], epoch: [], loss: [], accuracy: [], test_loss: [], test_accuracy: [] };
  for (const run of runs) {
    const values = Object.fromEntries(
      Object.keys(columns)
        .slice(2)
        .map((name) => [name, unpacked(run[name])]),
    );
    unpacked(run.epoch).forEach((epoch, k) => {
      (columns.seed.push(run.seed), columns.epoch.push(epoch));
      for (const [name, array] of Object.entries(values)) columns[name].push(array[k] ?? "");
    });
  }
  return columns;
}
