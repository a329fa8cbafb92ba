// A row of choices over the cards of a section: lists to choose from, and switches.

class Choice {
  // fields : name, label, and the options (value, text) of a list, or none for a switch
  constructor(fields, changed) {
    this.state = {};
    this.inputs = {};
    const parts = fields.map(({ name, label, options, on = false }) => {
      this.state[name] = options ? options[0][0] : on;
      const input = options
        ? el("select", {}, options.map(([value, text]) => el("option", { value }, text)))
        : el("input", { type: "checkbox", checked: on });
      input.addEventListener("change", () => {
        this.state[name] = options ? input.value : input.checked;
        changed(this.state);
      });
      this.inputs[name] = input;
      return el("label", { class: options ? "list" : "switch" }, options ? [label, input] : [input, label]);
    });
    this.element = el("div", { class: "choice", role: "group", "aria-label": "What is shown" }, parts);
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

// Let a link lead to a section with something chosen in it.
function linkTo(name, what, choice, values) {
  const { element } = links.get(`section=${name}`);
  links.set(`${name}=${what}`, { element, before: () => choice.set(values) });
}

// Return the different values of items as options, with one for all of them in front.
function all(items, name, title) {
  const values = [...new Set(items.map((item) => String(item[name])))];
  return values.length > 1 ? [["", title], ...values.map((value) => [value, value])] : [["", values[0] ?? ""]];
}

const LOSSES = [
  { name: "quantity", label: "of", options: [["loss", "loss"], ["accuracy", "accuracy"]] },
  { name: "samples", label: "on", options: [["", "training samples"], ["test", "test samples"]] },
  { name: "scale", label: "scale", options: [["", "as fits"], ["linear", "linear"], ["log", "logarithmic"]] },
];

// Return the packed values of an item that are chosen, null where it has none of them.
function chosen(item, { quantity, samples }) {
  return item[samples ? `${samples}_${quantity}` : quantity] ?? null;
}

function isLog(item, { quantity, scale }) {
  return quantity === "loss" && (scale === "log" || (scale === "" && item.log));
}

const unitOf = (quantity, log) => (quantity === "loss" ? `loss [nats]${log ? ", log scale" : ""}` : "accuracy");

const pathOf = (item) => `${item.network}/seed${item.seed}/${item.name}`;
const modelOf = (item) => `${item.network}, seed ${item.seed}`;
const targetOf = (item) => (item.figure ? figureFile(item.figure) : item.file);
const figureFile = (name) => data.figure.replace("{figure}", name);

// Say where a curve, surface or population comes from.
function originOf(item) {
  const interpolated = item.points - item.known_points;
  return [
    `${item.dataset}, ${item.samples.toLocaleString("en")} ${item.split === "train" ? "training" : item.split} samples`,
    item.batchnorm === "none" ? "" : `BatchNorm ${item.batchnorm}`,
    `${item.known_points.toLocaleString("en")} points evaluated`,
    interpolated ? `${interpolated.toLocaleString("en")} interpolated to ${percent(item.error)} of the range` : "",
    item.nonfinite ? `${item.nonfinite} not finite (×)` : "",
  ].filter(Boolean).join("; ");
}

// Say what the naming found: the shape, whether it is what was wanted, and its numbers.
function findings(item) {
  const mark = { true: "✓ as wanted", false: "✗ not as wanted" };
  return [
    item.shape ? `shape: ${item.shape}` : "",
    item.wanted && item.wanted !== item.shape ? `wanted: ${item.wanted}` : "",
    mark[item.found] ? mark[item.found] + (item.reason ? ` (${item.reason})` : "") : "",
    item.confidence != null ? `confidence ${brief(item.confidence)} thresholds` : "",
    item.overlap != null ? `overlap with the drawing ${item.overlap.toFixed(2)}` : "",
    item.test_shape ? `on test samples: ${item.test_shape}${item.test_found === false ? " ✗" : item.test_found ? " ✓" : ""}` : "",
    item.barrier != null ? `barrier ${brief(item.barrier)} nats` : "",
    `loss at the center ${brief(item.center_loss)} nats, accuracy ${percent(item.center_accuracy)}`,
  ].filter(Boolean);
}
