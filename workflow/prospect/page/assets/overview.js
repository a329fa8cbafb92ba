// Overview: what the study has, which shapes were found, which claims hold, and where to look.

function overview() {
  const { items, training: runs, claims: rows } = data;
  const count = (list, one, many = `${one}s`) => `${list.length} ${list.length === 1 ? one : many}`;
  const of = (kind) => items.filter((item) => item.kind === kind);
  const networks = [...new Set([...items, ...runs].map((item) => item.network))];
  const seeds = new Set([...items, ...runs].map((item) => item.seed));
  const sets = [...new Set(items.map((item) => item.dataset))];
  const facts = [
    sets.length ? sets.join(", ") : null,
    networks.length
      ? `${networks.length === 1 ? "network" : "networks"} ${networks.join(", ")}`
      : null,
    seeds.size ? count([...seeds], "seed") : null,
    ...["curve", "surface", "population"].map((kind) =>
      of(kind).length ? count(of(kind), kind) : `no ${kind}s`,
    ),
    rows.length ? count(rows, "claim") : "no claims",
  ];
  const parts = [el("p", { class: "lead" }, facts.filter(Boolean).join(" · "))];
  if (data.missing.length)
    parts.push(
      el(
        "details",
        { class: "missing" },
        el(
          "summary",
          {},
          `This study is not finished: ${count(data.missing, "file is", "files are")} missing.`,
        ),
        el(
          "ul",
          {},
          data.missing.map((file) => el("li", {}, file)),
        ),
      ),
    );
  const own = section("overview", data.study, "", parts);
  own.append(
    el(
      "div",
      { class: "answers" },
      [shapesFound(items), claimsFound(rows), whereToLook(items)].filter(Boolean),
    ),
  );
}

// Which shapes were found? A row a wanted shape, or a drawing: found in how many, and on test data.
function shapesFound(items) {
  const judged = items.filter((item) => item.found != null);
  if (!judged.length) return null;
  const rows = [...Map.groupBy(judged, (item) => item.wanted || item.name)].map(([name, own]) => {
    const share = (list, key) =>
      list.length ? `${list.filter((item) => item[key]).length} of ${list.length}` : "";
    const tested = own.filter((item) => item.test_found != null);
    return el(
      "tr",
      {},
      el("td", {}, el("a", { href: address(`${own[0].kind}=${pathOf(own[0])}`) }, name)),
      el("td", {}, own[0].kind),
      el("td", { class: "number" }, share(own, "found")),
      el("td", { class: "number" }, share(tested, "test_found")),
    );
  });
  const heads = ["shape", "", "found", "on test samples"].map((title, k) =>
    el("th", { scope: "col", class: k > 1 ? "number" : null }, title),
  );
  return el(
    "div",
    { class: "answer" },
    el("h3", {}, "Which shapes were found?"),
    el("table", {}, el("thead", {}, el("tr", {}, heads)), el("tbody", {}, rows)),
    el(
      "p",
      {},
      el("a", { href: address("list=not found") }, "what was not found"),
      " · ",
      el("a", { href: "#section=list" }, "all of them, to sort"),
    ),
  );
}

function claimsFound(rows) {
  if (!rows.length) return null;
  const lines = Object.keys(VERDICTS)
    .map((name) => [name, rows.filter((row) => row.verdict === name).length])
    .filter(([, count]) => count)
    .map(([name, count]) =>
      el(
        "li",
        {},
        el(
          "a",
          { href: address(`claims=${name}`), class: `verdict ${name.replace(" ", "-")}` },
          `${VERDICTS[name]} ${name}: ${count}`,
        ),
      ),
    );
  const others = Map.groupBy(
    rows.filter((row) => ["fails", "undecided"].includes(row.verdict)),
    (row) => row.id,
  );
  const named = [...others]
    .slice(0, 5)
    .map(([id, [row]]) =>
      el(
        "li",
        {},
        el("span", { class: `verdict ${row.verdict}`, title: row.verdict }, VERDICTS[row.verdict]),
        " ",
        el("a", { href: address(`claim=${id}`) }, row.claim),
      ),
    );
  return el(
    "div",
    { class: "answer" },
    el("h3", {}, "Which claims hold?"),
    el("ul", { class: "plain across" }, lines),
    el("ul", { class: "plain" }, named),
  );
}

function whereToLook(items) {
  const has = (kind, key = "loss") => items.some((item) => item.kind === kind && item[key] != null);
  const lines = [
    has("surface") && ["section=surfaces", "Is it really so? Turn the surface"],
    has("surface", "test_loss") && ["surfaces=test", "What does test data say of surfaces?"],
    has("curve", "test_loss") && ["curves=test", "What does test data say of curves?"],
    has("curve", "curvature") && ["curves=hessian", "What does the Hessian say of curves?"],
    data.training.length && ["section=training", "How did training go?"],
  ].filter(Boolean);
  const make = el(
    "li",
    {},
    "How do I make this figure? ",
    el("strong", {}, "command"),
    " above each copies it.",
  );
  return el(
    "div",
    { class: "answer" },
    el("h3", {}, "Where to look"),
    el(
      "ul",
      { class: "plain" },
      lines.map(([link, text]) => el("li", {}, el("a", { href: address(link) }, text))),
      make,
    ),
  );
}
