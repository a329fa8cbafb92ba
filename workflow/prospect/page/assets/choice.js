// What a person chooses: lists and switches over the cards of a section, and sliders.

class Choice {
  // fields : name, label, and the options (value, text) of a list, or none for a switch
  constructor(fields, changed) {
    this.state = {};
    this.inputs = {};
    const parts = fields.map(({ name, label, options, on = false }) => {
      this.state[name] = options ? options[0][0] : on;
      const input = options
        ? el(
            "select",
            {},
            options.map(([value, text]) => el("option", { value }, text)),
          )
        : el("input", { type: "checkbox", checked: on });
      input.addEventListener("change", () => {
        this.state[name] = options ? input.value : input.checked;
        changed(this.state);
      });
      this.inputs[name] = input;
      return el(
        "label",
        { class: options ? "list" : "switch" },
        options ? [label, input] : [input, label],
      );
    });
    this.element = el(
      "div",
      { class: "choice", role: "group", "aria-label": "What is shown" },
      parts,
    );
    this.changed = changed;
  }

  // Choose by a program, as a hand does.
  set(values) {
    for (const [name, value] of Object.entries(values)) {
      if (!(name in this.inputs)) continue;
      this.state[name] = value;
      if (typeof value === "boolean") this.inputs[name].checked = value;
      else this.inputs[name].value = value;
    }
    this.changed(this.state);
  }
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

// Let a link lead to a section with something chosen in it.
function linkTo(name, what, choice, values) {
  const { element } = links.get(`section=${name}`);
  links.set(`${name}=${what}`, { element, before: () => choice.set(values) });
}

// Return the different values of items as options, with one for all of them in front.
function all(items, name, title) {
  const values = [...new Set(items.map((item) => String(item[name])))];
  return values.length > 1
    ? [["", title], ...values.map((value) => [value, value])]
    : [["", values[0] ?? ""]];
}

const LOSSES = [
  {
    name: "quantity",
    label: "of",
    options: [["loss", "loss"], ...(data.metric ? [["accuracy", data.metric]] : [])],
  },
  {
    name: "samples",
    label: "on",
    options: [
      ["", "training samples"],
      ["test", "test samples"],
    ],
  },
  {
    name: "scale",
    label: "scale",
    options: [
      ["", "as fits"],
      ["linear", "linear"],
      ["log", "logarithmic"],
    ],
  },
];

// Return the packed values of an item that are chosen, null where it has none of them.
function chosen(item, { quantity, samples }) {
  return item[samples ? `${samples}_${quantity}` : quantity] ?? null;
}

function isLog(item, { quantity, scale }) {
  return quantity === "loss" && (scale === "log" || (scale === "" && item.log));
}

// Name an axis of losses with its unit, or of the metric, which files call accuracy.
const LOSS = `loss${data.unit ? ` [${data.unit}]` : ""}`;
const unitOf = (quantity, log) =>
  quantity === "loss" ? `${LOSS}${log ? ", log scale" : ""}` : data.metric;
const wordOf = (quantity) => (quantity === "loss" ? "loss" : data.metric);
const inUnits = (loss) => `${brief(loss)}${data.unit ? ` ${data.unit}` : ""}`;
const metricOf = (value) => (data.metric === "accuracy" ? percent(value) : brief(value));

const pathOf = (item) => `${item.network}/seed${item.seed}/${item.name}`;
const modelOf = (item) => `${item.network}, seed ${item.seed}`;
const targetOf = (item) => (item.figure ? figureFile(item.figure) : item.file);
const figureFile = (name) => data.figure.replace("{figure}", name);

const SPLITS = { train: "training" };
const counted = (count) => count.toLocaleString("en");

// Say where a curve, surface or population comes from.
function originOf(item) {
  const interpolated = item.points - item.known_points;
  return [
    `${item.dataset}, ${counted(item.samples)} ${SPLITS[item.split] ?? item.split} samples`,
    item.batchnorm === "none" ? "" : `BatchNorm ${item.batchnorm}`,
    `${counted(item.known_points)} points evaluated`,
    interpolated
      ? `${counted(interpolated)} interpolated to ${percent(item.error)} of the range`
      : "",
    item.nonfinite ? `${item.nonfinite} not finite (×)` : "",
  ]
    .filter(Boolean)
    .join("; ");
}

// Say what the naming found: the shape, whether it is what was wanted, and its numbers.
function findings(item) {
  const { shape, wanted, found, reason, confidence, overlap, test_shape, barrier } = item;
  const marks = { true: "✓", false: "✗" };
  const verdicts = { true: "✓ as wanted", false: "✗ not as wanted" };
  const metric = data.metric ? `, ${data.metric} ${metricOf(item.center_accuracy)}` : "";
  return [
    shape && `shape: ${shape}`,
    wanted && wanted !== shape && `wanted: ${wanted}`,
    verdicts[found] && verdicts[found] + (reason ? ` (${reason})` : ""),
    confidence != null && `confidence ${brief(confidence)} thresholds`,
    overlap != null && `overlap with the drawing ${overlap.toFixed(2)}`,
    test_shape && `on test samples: ${test_shape} ${marks[item.test_found] ?? ""}`,
    barrier != null && `barrier ${inUnits(barrier)}`,
    `loss at the center ${inUnits(item.center_loss)}${metric}`,
  ].filter(Boolean);
}
