// Elements of the page. Texts are put in as text and never as HTML, whatever is in a name.

// JSON lacks infinity, which a confidence may be
const data = JSON.parse(document.getElementById("data").textContent, (_, value) =>
  value?.infinite ? value.infinite * Infinity : value,
);

// Return an element: attributes by name, handlers as on-something, children as elements or texts.
function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value != null) made.setAttribute(key, value);
  }
  made.append(...children.flat().filter((child) => child != null));
  return made;
}

// Say something in a word at the foot of the page, where screen readers hear it too.
function say(text) {
  const said = document.getElementById("said");
  said.textContent = text;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => (said.textContent = ""), 4000);
}

// Add a section to the page; its content is made by a function, which may return nothing to show.
function section(name, title, text, ...content) {
  const heading = el("h2", { id: `h-${name}` }, title);
  const made = el("section", { "aria-labelledby": `h-${name}`, tabindex: "-1" }, heading);
  if (text) made.append(el("p", { class: "lead" }, text));
  made.append(...content.flat().filter((part) => part != null));
  document.getElementById("page").append(made);
  links.set(`section=${name}`, { element: made });
  sections.push({ name, title });
  return made;
}

const sections = []; // in their order, for the list at the top
const links = new Map(); // what a link means: an element, and what has to be done to show it

function address(link) {
  return `#${link.split("/").map(encodeURIComponent).join("/").replace("%3D", "=")}`;
}

// Copy a text, also where the browser has no clipboard for files.
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = el("textarea", { class: "hidden" });
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
  say(`Copied: ${text}`);
}

function download(name, content) {
  const url = content.startsWith("data:")
    ? content
    : URL.createObjectURL(new Blob([content], { type: "text/csv" }));
  el("a", { href: url, download: name.replace(/[^\w.-]+/g, "-") }).click();
  if (url !== content) setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
