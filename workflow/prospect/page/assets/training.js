// Training: loss and accuracy by epoch, with a slider that says both at one.

const FEW = 10; // epochs of which each is marked: a line alone would not show a single one

function training(runs, surfaces) {
  const words = data.metric ? `Loss and ${data.metric}` : "Loss";
  const quantities = data.metric ? ["loss", "accuracy"] : ["loss"];
  const shown = [...Map.groupBy(runs, (run) => run.network)].map(([network, own]) => {
    const epochs = epochsOf(own);
    const say = () => own.map((run) => saidAt(run, epochs[slider.value])).join(" · ");
    const slider = stepper("epoch", epochs.map(String), epochs.length - 1, () => {
      card.readout.textContent = say();
      if (card.seen) card.draw();
    });
    const card = new Card({
      link: `training=${network}`,
      title: network,
      text: `${words} of ${network} by epoch, a colour a seed; dashed: on the test samples.`,
      target: own[0].file,
      areas: quantities.map(() => "line"),
      plots: () => quantities.map((quantity) => courses(own, quantity, epochs[slider.value])),
      table: () => courseTable(own),
      tools: [slider.element],
    });
    card.readout.textContent = say();
    return card.element;
  });
  shown.push(...trajectories(surfaces));
  if (shown.length) section("training", "Training", "", el("div", { class: "cards wide" }, shown));
}

// Return the epochs of some runs, in their order.
function epochsOf(runs) {
  const epochs = new Set(runs.flatMap((run) => [...unpacked(run.epoch)]));
  return [...epochs].sort((a, b) => a - b);
}

// Return the line that stands at an epoch.
function upright(epoch) {
  const line = { color: css("--accent"), width: 1.5 };
  return { type: "line", x0: epoch, x1: epoch, yref: "paper", y0: 0, y1: 1, line };
}

function courses(runs, quantity, epoch) {
  const traces = runs.flatMap((run, color) => {
    const x = unpacked(run.epoch);
    const line = (name, values, dash) => ({
      type: "scatter",
      mode: x.length < FEW ? "lines+markers" : "lines",
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
  const layout = {
    xaxis: { title: { text: "epoch" }, rangemode: "tozero" },
    yaxis: {
      title: { text: unitOf(quantity, false) },
      type: quantity === "loss" ? "log" : "linear",
    },
    shapes: [upright(epoch)],
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

const courseTable = (runs) =>
  stacked(
    runs.map(({ seed, epoch, loss, accuracy, test_loss, test_accuracy }) => {
      return { seed, epoch, loss, accuracy, test_loss, test_accuracy };
    }),
  );
