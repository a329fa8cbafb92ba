// Trajectories: training runs over a surface up to an epoch, and their true and projected loss.

const pathsOver = (item) =>
  data.trajectories.filter(
    (run) => run.network === item.network && run.seed === item.seed && run.surface === item.name,
  );

const runOf = (run) => `${run.run_network}, seed ${run.run_seed}`;

// Return a card for every surface that runs are followed over.
function trajectories(items) {
  const followed = items.filter((item) => pathsOver(item).length);
  return followed.map((item) => {
    const runs = pathsOver(item);
    const epochs = epochsOf(runs);
    const labels = epochs.map(String);
    const slider = stepper("epoch", labels, labels.length - 1, () => card.seen && card.draw());
    const explained = (run) =>
      `${runOf(run)}: ${percent(run.explained)} of its path lies in the plane ` +
      `(of a random walk in its best one ${percent(run.walk_best)})`;
    const card = new Card({
      link: `trajectory=${pathOf(item)}`,
      title: `${item.name} · ${modelOf(item)}`,
      text:
        "Training over its plane up to an epoch; beside it the loss at the checkpoints (solid), " +
        "and at their feet in the plane (dashed).",
      numbers: runs.map(explained),
      target: figureFile(`trajectories/${item.network}-seed${item.seed}-${item.name}`),
      areas: ["flat", "line"],
      plots: () => [
        pathPlot(item, runs, epochs[slider.value]),
        lossPlot(runs, epochs[slider.value]),
      ],
      table: () => pathTable(runs),
      tools: [slider.element],
    });
    return card.element;
  });
}

function pathPlot(item, runs, epoch) {
  const plane = planeOf(item, item.loss, item.log, "loss");
  const { traces, layout } = flat(item, plane, { marks: true });
  return {
    traces: [...traces, ...runs.flatMap((run, number) => pathTraces(run, number, epoch))],
    layout,
  };
}

// Return the path of a run up to an epoch, light on dark, so that it is seen on any colour.
function pathTraces(run, number, epoch = Infinity) {
  const kept = [...unpacked(run.epoch)].map((at) => at <= epoch);
  const [x, y] = [run.alpha, run.beta].map((axis) => [...unpacked(axis)].filter((_, k) => kept[k]));
  const symbol = ["circle", "square", "diamond", "cross", "x"][number % 5];
  const line = { type: "scatter", mode: "lines", x, y, hoverinfo: "skip" };
  return [
    { ...line, line: { color: INK, width: 4 } },
    { ...line, line: { color: "#fff", width: 2 } },
    {
      type: "scatter",
      mode: "markers",
      x,
      y,
      marker: { symbol, size: 6, color: inkOf(number + 1), line: { color: "#fff", width: 1 } },
      hovertemplate: `${safe(runOf(run))}<br>α %{x:.3g}, β %{y:.3g}<extra></extra>`,
    },
  ];
}

// Return the path of a run on the surface, at the losses of its feet in the plane.
function pathInSpace(run, number, { log }) {
  const z = Array.from(unpacked(run.projected_loss), (loss) => onScale(loss, log));
  const [x, y] = [unpacked(run.alpha), unpacked(run.beta)];
  const color = inkOf(number + 1);
  const [line, marker] = [
    { color, width: 5 },
    { color, size: 3 },
  ];
  return { type: "scatter3d", mode: "lines+markers", hoverinfo: "skip", x, y, z, line, marker };
}

function lossPlot(runs, epoch) {
  const traces = runs.flatMap((run, number) =>
    [
      ["loss", "true", "solid"],
      ["projected_loss", "projected", "dash"],
    ].map(([name, word, dash]) => ({
      type: "scatter",
      mode: "lines+markers",
      x: unpacked(run.epoch),
      y: Array.from(unpacked(run[name]), (loss) => Math.max(loss, data.floor)),
      name: `${runs.length > 1 ? `${runOf(run)}, ` : ""}${word}`,
      color: number + 1,
      marker: { size: 4 },
      line: { dash },
      hovertemplate: "epoch %{x}: %{y:.3g}",
    })),
  );
  return {
    traces,
    layout: {
      xaxis: { title: { text: "epoch" }, rangemode: "tozero" },
      yaxis: { title: { text: LOSS }, type: "log" },
      shapes: [upright(epoch)],
    },
  };
}

const pathTable = (runs) =>
  stacked(
    runs.map((run) => {
      const { epoch, alpha, beta, loss, projected_loss, distance_share } = run;
      return { run: runOf(run), epoch, alpha, beta, loss, projected_loss, distance_share };
    }),
  );
