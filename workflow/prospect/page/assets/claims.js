// Claims: what a paper says, our number with its interval, and the verdict.

const VERDICTS = { holds: "✓", fails: "✗", undecided: "?", "not tested": "–" };

const verdictOf = (name) =>
  el("span", { class: `verdict ${name.replace(" ", "-")}` }, `${VERDICTS[name]} ${name}`);
const intervalOf = (row) =>
  row.units ? `${brief(row.number)} [${brief(row.low)}, ${brief(row.high)}]` : "";

// Return the columns of the table; a click on a claim opens its figure.
function claimColumns(open) {
  const button = (row) => {
    const onclick = (event) => open(row, event.currentTarget);
    return el("button", { class: "claim", "aria-expanded": "false", onclick }, row.claim);
  };
  const text = (name, title, others) => {
    return { title, shown: (row) => row[name], key: (row) => row[name], ...others };
  };
  return [
    text("verdict", "verdict", { shown: (row) => verdictOf(row.verdict) }),
    text("claim", "claim", { shown: button }),
    text("group", "of", { short: true }),
    text("number", "number and 95 % interval", { number: true, shown: intervalOf }),
    text("side", "claimed", { short: true }),
    text("units", "networks", { number: true }),
    text("source", "said in"),
  ];
}

function claims(rows) {
  if (!rows.length) return;
  const { element, made } = sortable("Claims of the papers", claimColumns(open), rows);
  const lines = new Map(made.map(({ row, element: line }) => [row, line]));

  function open(row, button) {
    const isOpen = button.getAttribute("aria-expanded") === "true";
    button.setAttribute("aria-expanded", String(!isOpen));
    if (isOpen) {
      row.detail.remove();
      row.detail = null;
      return;
    }
    row.detail = el(
      "tr",
      { class: "detail" },
      el("td", { colspan: lines.get(row).cells.length }, figureOf(row, rows)),
    );
    lines.get(row).after(row.detail);
  }

  const counts = Object.keys(VERDICTS).map((name) => [
    name,
    rows.filter((row) => row.verdict === name).length,
  ]);
  const chips = counts
    .filter(([, count]) => count)
    .map(([name, count]) => chip(name, `${VERDICTS[name]} ${name} ${count}`));
  const buttons = [chip("", `all ${rows.length}`), ...chips];

  function chip(name, text) {
    return el(
      "button",
      {
        class: "chip",
        "aria-pressed": String(name === ""),
        "data-verdict": name,
        onclick: () => only(name),
      },
      text,
    );
  }

  function only(name) {
    for (const button of buttons)
      button.setAttribute("aria-pressed", String(button.dataset.verdict === name));
    for (const { row, element: line } of made) {
      line.hidden = name !== "" && row.verdict !== name;
      if (row.detail) row.detail.hidden = line.hidden;
    }
  }

  const text =
    "A verdict follows from the interval alone: a claim holds where all of it is on the " +
    "claimed side. Click a claim for its figure.";
  const own = section(
    "claims",
    "Claims",
    text,
    el("div", { class: "choice", role: "group", "aria-label": "Verdict" }, buttons),
    element,
  );
  for (const [name] of counts)
    links.set(`claims=${name}`, { element: own, before: () => only(name) });
  for (const { row, element: line } of made)
    if (!links.has(`claim=${row.id}`))
      links.set(`claim=${row.id}`, { element: line, before: () => only("") });
}

// Return a figure of a claim: all of its groups with their intervals, against the claimed side.
function figureOf(row, rows) {
  const groups = rows.filter(
    (other) => other.id === row.id && other.system === row.system && other.units,
  );
  const links = (figuresOf.get(row.table) ?? []).map(({ link, title }) =>
    el("a", { href: address(link) }, title),
  );
  const also = links.length
    ? el(
        "p",
        {},
        "See also: ",
        links.flatMap((one, k) => (k ? [", ", one] : [one])),
      )
    : null;
  if (!groups.length)
    return el("div", {}, el("p", { class: "nothing" }, "This study does not test it."), also);
  const card = new Card({
    link: `claim=${row.id}`,
    title: row.claim,
    text: `Means over networks with 95 % intervals; shaded: the claimed side, ${row.side}.`,
    target: tableFile(row.table),
    areas: ["line"],
    plots: () => [intervals(groups, row.side)],
    table: () =>
      Object.fromEntries(
        ["group", "units", "number", "low", "high", "verdict"].map((name) => [
          name,
          groups.map((group) => group[name]),
        ]),
      ),
  });
  return el("div", {}, card.element, also);
}

const tableFile = (name) => data.table.replace("{table}", name);

function intervals(groups, side) {
  const numbers = side.match(/-?[\d.]+(e-?\d+)?/g).map(Number);
  const [low, high] = side.startsWith("above")
    ? [numbers[0], null]
    : side.startsWith("below")
      ? [null, numbers[0]]
      : numbers;
  const names = groups.map((group) => group.group || "all networks");
  const all = groups.flatMap((group) => [group.low, group.high, ...numbers]);
  const range = padded(padded(padded(limits(all))));
  const claimed = {
    type: "rect",
    layer: "below",
    xref: "x",
    yref: "paper",
    y0: 0,
    y1: 1,
    line: { width: 0 },
    x0: low ?? range[0],
    x1: high ?? range[1],
    fillcolor: faded(css("--good"), 0.15),
  };
  const dots = {
    type: "scatter",
    mode: "markers",
    x: groups.map((group) => group.number),
    y: names.map(safe),
    color: 0,
    error_x: {
      type: "data",
      symmetric: false,
      thickness: 2,
      width: 0,
      color: inkOf(0),
      array: groups.map((group) => group.high - group.number),
      arrayminus: groups.map((group) => group.number - group.low),
    },
    hovertemplate: "%{y}: %{x:.3g}<extra></extra>",
  };
  return {
    traces: [dots],
    layout: {
      xaxis: { range, title: { text: "number" } },
      yaxis: { autorange: "reversed", type: "category" },
      shapes: [claimed],
      showlegend: false,
    },
  };
}
