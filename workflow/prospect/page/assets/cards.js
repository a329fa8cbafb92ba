// A card: a figure with its heading, its words, and what can be done with it. Its plots are drawn
// when they are seen and taken away when they are not: a browser has few canvases for 3D.

const cards = new Set();
const byElement = new WeakMap();

const watcher = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      const card = byElement.get(target);
      card.seen = isIntersecting;
      if (isIntersecting) card.draw();
      else card.clear();
    }
  },
  { rootMargin: "150px 0px" },
);

function redraw(among = cards) {
  for (const card of among) if (card.seen) card.draw();
}

class Card {
  // link, title, text, numbers : what it is called and what it says; the text is the alternative
  //   of its plots for who does not see them
  // target : the file whose command makes it
  // areas : names of its plots, in their order
  // plots : a function that returns traces and a layout for every area, or a text where there is
  //   nothing to show
  // table : a function that returns its numbers as columns
  constructor({ link, title, text, numbers = [], target, areas, plots, table, tools = [] }) {
    Object.assign(this, { link, title, plots, table, target, seen: false });
    const said = [title, ...numbers, text].join(". ");
    this.areas = areas.map((name) =>
      el("div", { class: `plot ${name}`, role: "img", tabindex: "0", "aria-label": said }),
    );
    this.readout = el("output", { class: "readout" });
    const facts = el(
      "ul",
      { class: "facts" },
      numbers.map((fact) => el("li", {}, fact)),
    );
    this.element = el(
      "article",
      { class: "card", tabindex: "-1", "aria-label": title },
      el("header", {}, el("h3", {}, title), this.tools()),
      numbers.length ? facts : null,
      ...tools,
      el("div", { class: `areas of-${areas.length}` }, this.areas),
      this.readout,
      el("p", { class: "caption" }, text),
    );
    byElement.set(this.element, this);
    if (!links.has(link)) links.set(link, { element: this.element });
    cards.add(this);
    watcher.observe(this.element);
  }

  tools() {
    const command = `${data.command} ${this.target}`;
    const button = (text, title, onclick) => el("button", { title, onclick }, text);
    return el(
      "div",
      { class: "tools" },
      el("a", { href: address(this.link), title: "Link to this figure" }, "link"),
      button("command", `Copy the command that makes this: ${command}`, () => copy(command)),
      button("png", "Download as PNG", () => this.save("png")),
      button("svg", "Download as SVG", () => this.save("svg")),
      button("csv", "Download the numbers as CSV", () =>
        download(`${this.name}.csv`, csv(this.table())),
      ),
    );
  }

  get name() {
    return `${data.study}-${this.link.split("=")[1]}`;
  }

  draw() {
    const plots = this.plots();
    for (const [number, area] of this.areas.entries()) {
      const plot = plots[number];
      if (!plot?.traces) {
        Plotly.purge(area);
        area.replaceChildren(el("p", { class: "nothing" }, plot ?? "Nothing to show."));
        continue;
      }
      if (!area.data) area.replaceChildren();
      const config = { displayModeBar: false, responsive: true, displaylogo: false };
      Plotly.react(area, plot.traces.map(themed), dressed(plot.layout, plot.traces), config);
      if (!area.listening) plot.listen?.(area, this);
      area.listening = Boolean(plot.listen);
    }
    this.drawn = true;
  }

  clear() {
    if (!this.drawn) return;
    for (const area of this.areas) {
      Plotly.purge(area);
      area.listening = false;
      area.replaceChildren();
    }
    this.drawn = false;
  }

  async save(format) {
    this.draw();
    for (const [number, area] of this.areas.entries()) {
      if (!area.data) continue;
      const size = { width: area.clientWidth, height: area.clientHeight };
      const image = await Plotly.toImage(area, {
        format,
        scale: format === "png" ? 3 : 1,
        ...size,
      });
      download(`${this.name}${number ? `-${number + 1}` : ""}.${format}`, image);
    }
  }
}
