// Arrays: unpacked, as matrices, as tables; and numbers in words.

const TYPES = { f4: Float32Array, u1: Uint8Array, i4: Int32Array };

// Return the numbers of a packed array, (G,) in the order of the file.
function unpacked(array) {
  if (!array?.bdata) return array ?? [];
  const bytes = Uint8Array.from(atob(array.bdata), (letter) => letter.charCodeAt(0));
  return new TYPES[array.dtype](bytes.buffer);
}

// Return what is a number in a packed array, or in a list that may hold names too.
const numbersOf = (array) => Array.from(unpacked(array)).filter((value) => Number.isFinite(value));

// Return a packed array (K, M) as K rows.
function rowsOf(array) {
  const numbers = unpacked(array);
  const [, width] = array.shape.split(", ").map(Number);
  return Array.from({ length: numbers.length / width }, (_, row) =>
    numbers.subarray(row * width, (row + 1) * width),
  );
}

// Return a matrix (K, M) of a packed array as plotly draws it: M rows of K, α along x.
function transposed(array, change = (value) => value) {
  const rows = rowsOf(array);
  return Array.from(rows[0], (_, column) => rows.map((row) => change(row[column])));
}

// Return the smallest and the largest of what is finite in some arrays.
function limits(...arrays) {
  let [low, high] = [Infinity, -Infinity];
  for (const array of arrays)
    for (const value of array)
      if (Number.isFinite(value)) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return low <= high ? [low, high] : [0, 1];
}

// A logarithmic scale cannot show 0: smaller losses are shown at the floor of all figures.
const onScale = (value, log) =>
  Number.isFinite(value) ? (log ? Math.log10(Math.max(value, data.floor)) : value) : null;

// Write a number with three digits that say something.
function brief(value) {
  if (value == null || value === "") return "";
  if (Number.isNaN(value)) return "not finite";
  if (!Number.isFinite(value)) return value < 0 ? "−∞" : "∞";
  const size = Math.abs(value);
  const written =
    size !== 0 && (size < 1e-4 || size >= 1e5)
      ? Number(value.toPrecision(2)).toExponential().replace("e+", "e")
      : String(Number(value.toPrecision(3)));
  return written.replaceAll("-", "−");
}

const percent = (value) => (value == null ? "" : `${(100 * value).toFixed(1)}\u00a0%`);

// Return columns of parts one under another; a value that is no array stands in every row of its
// part, and what no part has is left out.
function stacked(parts) {
  const columns = {};
  for (const part of parts) {
    const arrays = Object.entries(part).map(([name, value]) => [
      name,
      isArray(value) ? unpacked(value) : value,
    ]);
    const length = Math.max(...arrays.map(([, value]) => (isArray(value) ? value.length : 0)));
    for (const [name, value] of arrays) {
      columns[name] ??= [];
      for (let row = 0; row < length; row++)
        columns[name].push((isArray(value) ? value[row] : value) ?? "");
    }
  }
  const said = ([, column]) => column.some((value) => value !== "");
  return Object.fromEntries(Object.entries(columns).filter(said));
}

const isArray = (value) =>
  Array.isArray(value) || ArrayBuffer.isView(value) || Boolean(value?.bdata);

// Return a table as CSV: columns by name, all as long as the first.
function csv(columns) {
  const names = Object.keys(columns);
  const cell = (value) =>
    typeof value === "string" && /[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
  const lines = Array.from(columns[names[0]], (_, row) =>
    names.map((name) => cell(columns[name][row] ?? "")).join(","),
  );
  return [names.map(cell).join(","), ...lines, ""].join("\n");
}
