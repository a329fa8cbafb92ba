// The page: its sections in their order, the list of them at the top, and links to everything.

const kind = (name) => data.items.filter((item) => item.kind === name);

overview();
surfaces(kind("surface"));
curves(kind("curve"));
populations(kind("population"));
training(data.training, kind("surface"));
panels(data.panels);
claims(data.claims);
list(data.items);

document
  .getElementById("page")
  .append(
    el(
      "footer",
      {},
      `Prospect ${data.version}, study ${data.study}. Made by `,
      el("code", {}, `${data.command} ${data.page}`),
    ),
  );
document.getElementById("top").append(
  el(
    "nav",
    { "aria-label": "Sections" },
    sections.map(({ name, title }) => el("a", { href: `#section=${name}` }, title)),
  ),
  dressButton(),
);

// Show what a link means: undo what hides it, go there, and say where that is.
function follow() {
  const link = location.hash.slice(1).split("/").map(decodeURIComponent).join("/");
  if (!link) return;
  const target = links.get(link);
  if (!target) return say(`There is no '${link}' on this page.`);
  target.before?.();
  target.element.scrollIntoView({ block: "start" });
  target.element.focus({ preventScroll: true });
}

addEventListener("hashchange", follow);
document.addEventListener("click", (event) => {
  const anchor = event.target.closest?.("a[href^='#']");
  if (anchor && anchor.hash === location.hash) follow(); // a link to where one is, clicked again
});
follow();
