// All the way round: losses along rays from the center of a surface, by their angle.

// Draw, by the angle about the center, the lowest loss on the way to the rim, and that at the rim.
function round(plane) {
  const reach = Math.min(plane.x.at(-1), plane.y.at(-1));
  const angles = Array.from({ length: 121 }, (_, number) => 3 * number);
  const rays = angles.map((angle) => {
    const [c, s] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)];
    return Array.from({ length: 49 }, (_, k) =>
      between(plane.raw, plane.x, plane.y, (c * reach * k) / 48, (s * reach * k) / 48),
    );
  });
  const line = (name, of, color, dash = "solid") => ({
    type: "scatter",
    mode: "lines",
    name,
    x: angles,
    y: rays.map(of),
    color,
    line: { dash },
  });
  return {
    traces: [
      line("at the rim", (ray) => ray.at(-1), 1),
      line("at the center", (ray) => ray[0], 7, "dot"),
      line("lowest on the way", (ray) => limits(ray)[0], 0),
    ],
    layout: {
      xaxis: { title: { text: "angle about the center [°]" }, dtick: 90, range: [0, 360] },
      yaxis: {
        title: { text: plane.unit.replace(", log scale", "") },
        type: plane.log ? "log" : "linear",
      },
    },
  };
}
