// Planes: values over α and β as they are drawn, and places in them.

// Return what is drawn of a surface: its axes, values (rows are β), and heights on a scale.
function planeOf(item, packed, log, quantity, range = null) {
  const [x, y] = [unpacked(item.alpha), unpacked(item.beta)];
  const z = transposed(packed, (value) => onScale(value, log));
  const center = z[nearest(y, 0)][nearest(x, 0)];
  const unit = unitOf(quantity, log);
  return {
    x,
    y,
    z,
    raw: transposed(packed),
    log,
    quantity,
    unit,
    center,
    range: range ?? limits(...z),
  };
}

function valuesOf(item, state, log) {
  return Array.from(unpacked(chosen(item, state)), (value) => onScale(value, log));
}

const padded = ([low, high]) => [low - 0.03 * (high - low || 1), high + 0.03 * (high - low || 1)];

// Return the number of the point of an axis that is next to a place.
function nearest(axis, at) {
  let best = 0;
  axis.forEach(
    (value, index) => Math.abs(value - at) < Math.abs(axis[best] - at) && (best = index),
  );
  return best;
}

// Interpolate between the four points around a place of the plane.
function between(rows, x, y, a, b) {
  const place = (axis, at) => {
    const along = ((at - axis[0]) / (axis.at(-1) - axis[0])) * (axis.length - 1);
    const low = Math.min(Math.max(Math.floor(along), 0), axis.length - 2);
    return [low, Math.min(Math.max(along - low, 0), 1)];
  };
  const [[i, s], [j, t]] = [place(x, a), place(y, b)];
  const across = (row) => row[i] * (1 - s) + row[i + 1] * s;
  return across(rows[j]) * (1 - t) + across(rows[j + 1]) * t;
}

function basinsOf(item, { x, y, z }) {
  return (item.basins ?? []).map(([a, b]) => [a, b, z[nearest(y, b)][nearest(x, a)]]);
}

function evaluatedOf(item, { x, y, z }) {
  const points = [];
  transposed(item.evaluated).forEach((row, j) =>
    row.forEach((is, i) => is && points.push([x[i], y[j], z[j][i]])),
  );
  return points;
}
