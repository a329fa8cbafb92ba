// Tables that sort by a click on a heading, and the list of all curves and surfaces.

// Return a table: columns of name, title, a text of a row and what to sort by; rows as elements can
// be hidden by a filter.
function sortable(caption, columns, rows) {
  const body = el("tbody");
  const made = rows.map((row) => ({
    row,
    element: el(
      "tr",
      {},
      columns.map(({ shown, number, short }) =>
        el(
          "td",
          { class: number ? "number" : short && String(shown(row)).length < 24 ? "short" : null },
          shown(row),
        ),
      ),
    ),
  }));
  const headings = columns.map(({ title, number }, index) => {
    const heading = el("th", { scope: "col", class: number ? "number" : null });
    heading.append(el("button", { onclick: () => sort(index, heading) }, title));
    return heading;
  });

  function sort(index, heading) {
    const { key } = columns[index];
    const rising = heading.getAttribute("aria-sort") !== "ascending";
    for (const other of headings) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", rising ? "ascending" : "descending");
    const empty = (value) => value == null || value === "";
    made.sort((a, b) => {
      const [one, other] = [key(a.row), key(b.row)];
      if (empty(one) || empty(other)) return empty(one) - empty(other); // last, whatever the order
      const order =
        typeof one === "number"
          ? one - other
          : String(one).localeCompare(String(other), "en", { numeric: true });
      return rising ? order : -order;
    });
    body.append(...made.flatMap(({ element, row }) => [element, row.detail].filter(Boolean)));
  }

  body.append(...made.map(({ element }) => element));
  const table = el(
    "table",
    {},
    el("caption", {}, caption),
    el("thead", {}, el("tr", {}, headings)),
    body,
  );
  return {
    element: el(
      "div",
      { class: "table", tabindex: "0", role: "region", "aria-label": caption },
      table,
    ),
    made,
  };
}

const yes = (value) => ({ true: "✓ yes", false: "✗ no" })[value] ?? "";

function list(items) {
  if (!items.length) return;
  const text = (name, title = name) => ({
    title,
    shown: (row) => row[name] ?? "",
    key: (row) => row[name],
  });
  const number = (name, title = name) => ({
    title,
    number: true,
    shown: (row) => brief(row[name]),
    key: (row) => row[name],
  });
  const columns = [
    {
      title: "name",
      shown: (row) => el("a", { href: address(`${row.kind}=${pathOf(row)}`) }, row.name),
      key: (row) => row.name,
    },
    text("kind"),
    text("network"),
    number("seed"),
    text("center"),
    text("shape"),
    text("wanted"),
    { title: "found", shown: (row) => yes(row.found), key: (row) => yes(row.found) },
    text("test_shape", "on test"),
    number("overlap"),
    number("confidence"),
    { ...number("center_loss", "loss at 0") },
  ];
  const { element, made } = sortable("All curves, surfaces and populations", columns, items);
  const count = el("output", {});
  const field = el("input", {
    type: "search",
    placeholder: "name, network, shape …",
    "aria-label": "Find",
  });
  const find = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    for (const { row, element: line } of made) {
      const said = [
        row.name,
        row.kind,
        row.network,
        `seed${row.seed}`,
        row.center,
        row.shape,
        row.wanted,
        row.found === false ? "not found" : "",
      ];
      const fits = words.every((word) => said.join(" ").toLowerCase().includes(word));
      line.hidden = !fits;
      found += fits;
    }
    count.textContent = `${found} of ${items.length}`;
  };
  field.addEventListener("input", find);
  find();
  const own = section(
    "list",
    "Find anything",
    "",
    el("div", { class: "choice" }, el("label", { class: "list" }, "find", field), count),
    element,
  );
  const search = (words) => ({ element: own, before: () => ((field.value = words), find()) });
  for (const item of items) if (item.wanted) links.set(`list=${item.wanted}`, search(item.wanted));
  links.set("list=not found", search("not found"));
}
