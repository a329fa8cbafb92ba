// One cursor in both plots of a surface, by the mouse or by keys, and keys that turn it.

// Let the cursor be at the same place in both plots of a card, and say the values there.
function link(area, card) {
  const [solidArea, flatArea] = card.areas;
  const move = (i, j) => {
    const { x, y, z, raw, quantity } = card.plane;
    card.at = [i, j];
    if (flatArea.data) Plotly.restyle(flatArea, { x: [[x[i]]], y: [[y[j]]] }, [1]);
    if (solidArea.data)
      Plotly.restyle(solidArea, { x: [[x[i]]], y: [[y[j]]], z: [[z[j][i]]] }, [1]);
    const place = `α ${brief(x[i])}, β ${brief(y[j])}`;
    card.readout.textContent = `${place}: ${wordOf(quantity)} ${brief(raw[j][i])}`;
  };
  area.on("plotly_hover", ({ points: [point] }) => {
    if (point.curveNumber !== 0) return;
    const [i, j] = [nearest(card.plane.x, point.x), nearest(card.plane.y, point.y)];
    if (i !== card.at[0] || j !== card.at[1]) requestAnimationFrame(() => move(i, j));
  });
  if (area.keys) return;
  area.keys = true;
  area.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[
      event.key
    ];
    if (!step) return;
    event.preventDefault();
    if (area === solidArea) return turn(area, step);
    const inside = (index, axis) => Math.min(Math.max(index, 0), axis.length - 1);
    move(inside(card.at[0] + step[0], card.plane.x), inside(card.at[1] + step[1], card.plane.y));
  });
}

// Turn a surface about the upright axis, or raise and lower the eye.
function turn(area, [sideways, up]) {
  const eye = area.layout.scene.camera.eye;
  const [radius, angle] = [Math.hypot(eye.x, eye.y), Math.atan2(eye.y, eye.x) + sideways * 0.15];
  const next = { x: radius * Math.cos(angle), y: radius * Math.sin(angle), z: eye.z + up * 0.15 };
  Plotly.relayout(area, { "scene.camera.eye": next });
}
