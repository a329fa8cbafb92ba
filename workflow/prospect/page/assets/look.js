// How plots look: fonts and greys from the style sheet, colours of categories and losses from the
// config, as in all figures of the study.

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function faded(color, share) {
  return (
    color +
    Math.round(255 * share)
      .toString(16)
      .padStart(2, "0")
  );
}

const inkOf = (number) => data.palette[number % data.palette.length];

// Fill in what a trace leaves to the page: its colour by number.
function themed({ color, ...trace }) {
  if (color === undefined) return trace;
  const ink = inkOf(color);
  return {
    ...trace,
    line: { width: 2, ...trace.line, color: ink },
    marker: { size: 8, ...trace.marker, color: ink },
    fillcolor: faded(ink, 0.18),
    ...(trace.error_y && { error_y: { ...trace.error_y, color: ink } }),
  };
}

function colorbar(title, others = {}) {
  return {
    title: { text: title, side: "right" },
    thickness: 10,
    outlinewidth: 0,
    len: 0.9,
    ...others,
  };
}

// Return where a logarithmic scale that is drawn on powers of ten has its ticks, and their names.
function powers([low, high]) {
  const [first, last] = [Math.ceil(low), Math.floor(high)];
  const steps = last - first >= 2 ? [1] : [1, 2, 5];
  const values = [];
  for (let power = Math.floor(low); power <= last; power++)
    for (const step of steps) values.push(Math.log10(step) + power);
  const shown = values.filter((value) => value >= low - 1e-9 && value <= high + 1e-9);
  return { tickvals: shown, ticktext: shown.map((value) => brief(10 ** value)) };
}

// Return ticks of a logarithmic axis by the numbers of traces along it.
function decades(traces, letter) {
  const all = traces.flatMap((trace) => numbersOf(trace[letter])).filter((value) => value > 0);
  const { tickvals, ticktext } = powers(limits(all.map(Math.log10)));
  return { tickvals: tickvals.map((power) => 10 ** power), ticktext };
}

// Complete a layout: fonts, grids and backgrounds of the page's dress, light or dark.
function dressed(layout, traces) {
  const [ink, grey, grid] = [css("--ink"), css("--soft"), css("--line")];
  const flat = { gridcolor: grid, zerolinecolor: grid, linecolor: grey, tickcolor: grey };
  const axis = { ...flat, automargin: true, ticks: "outside", ticklen: 4, showline: true };
  const whole = {
    font: { family: css("--sans"), size: 13, color: ink },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    margin: { l: 56, r: 12, t: 12, b: 44 },
    hovermode: "closest",
    hoverlabel: { bgcolor: css("--paper"), bordercolor: grey, font: { color: ink } },
    showlegend: true,
    legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0, font: { size: 12 } },
    xaxis: {},
    yaxis: {},
    ...layout,
  };
  for (const [name, own] of Object.entries(whole)) {
    if (/^[xy]axis\d*$/.test(name))
      whole[name] = { ...axis, ...(own.type === "log" ? decades(traces, name[0]) : {}), ...own };
    if (name === "scene") {
      const solid = {
        ...flat,
        backgroundcolor: "rgba(0,0,0,0)",
        showspikes: false,
        nticks: 5,
        tickfont: { size: 11 },
      };
      const axes = ["xaxis", "yaxis", "zaxis"].map((key) => [key, { ...solid, ...own[key] }]);
      const camera = { eye: eye(), center: { x: 0, y: 0, z: -0.1 } };
      whole.scene = {
        aspectmode: "manual",
        aspectratio: { x: 1, y: 1, z: 0.7 },
        camera,
        ...own,
        ...Object.fromEntries(axes),
      };
      whole.margin = { l: 0, r: 0, t: 0, b: 0 };
    }
  }
  return whole;
}

// Return the place of the eye over a surface, as in all figures of the study.
function eye() {
  const far = matchMedia("(max-width: 48rem)").matches ? 2.3 : 1.95;
  const [up, around] = [data.view.elevation, data.view.azimuth].map(
    (degrees) => (degrees * Math.PI) / 180,
  );
  const across = far * Math.cos(up);
  return { x: across * Math.cos(around), y: across * Math.sin(around), z: far * Math.sin(up) };
}

// Wear the light or the dark dress: what the button says, else what the system does.
function dressButton() {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const names = { auto: "◐ auto", light: "○ light", dark: "● dark" };
  const next = { auto: "light", light: "dark", dark: "auto" };
  let chosen = "auto";
  const button = el("button", {
    class: "dress",
    title: "Light or dark",
    onclick: () => wear(next[chosen]),
  });
  const wear = (name) => {
    chosen = name;
    button.textContent = names[name];
    document.documentElement.dataset.dress =
      name === "auto" ? (dark.matches ? "dark" : "light") : name;
    redraw();
  };
  dark.addEventListener("change", () => wear(chosen));
  wear("auto");
  return button;
}
