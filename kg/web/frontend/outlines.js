// The outlines of the départements, on a grid of one unit, a quarter of their size. Neighbours share
// their points, so that no gaps come between them.

// An outline of the package, whose commands are `m` and `z` alone, as a shorter path: each ring is
// `M` with its first point and `l` with the steps to the others. `scale`: how much larger.
export function drawn(path, scale = 1) {
  let [x, y] = [0, 0];
  let paths = "";
  for (const [, numbers] of path.matchAll(/m([^mz]*)z/g)) {
    const values = numbers.match(/-?[\d.]+(?:e-?\d+)?/g).map(Number);
    const ring = [];
    const start = [x + values[0], y + values[1]];
    for (let index = 0; index + 1 < values.length; index += 2) {
      [x, y] = [x + values[index], y + values[index + 1]];
      ring.push([Math.round(x * scale), Math.round(y * scale)]);
    }
    [x, y] = start;
    paths += written(ring);
  }
  return paths;
}

function written(ring) {
  const points = ring.filter(
    ([x, y], index) => index === 0 || x !== ring[index - 1][0] || y !== ring[index - 1][1],
  );
  if (points.length < 3) return "";
  const steps = points
    .slice(1)
    .map(([x, y], index) => `${x - points[index][0]} ${y - points[index][1]}`);
  return `M${points[0].join(" ")}l${steps.join(" ").replaceAll(" -", "-")}z`;
}

// The smallest `viewBox` around such paths.
export function around(paths) {
  const points = paths.flatMap(rings).flat();
  const [left, top] = [0, 1].map((axis) => Math.min(...points.map((point) => point[axis])));
  const [right, bottom] = [0, 1].map((axis) => Math.max(...points.map((point) => point[axis])));
  return [left, top, right - left, bottom - top].join(" ");
}

// The rings of such a path: lists of points.
export function rings(path) {
  return path
    .split("z")
    .filter(Boolean)
    .map((ring) => {
      const numbers = ring.match(/-?\d+/g).map(Number);
      const points = [[numbers[0], numbers[1]]];
      for (let index = 2; index + 1 < numbers.length; index += 2) {
        const [x, y] = points.at(-1);
        points.push([x + numbers[index], y + numbers[index + 1]]);
      }
      return points;
    });
}

// The drawing is in the projection of web maps: where a point of it lies, in degrees. The numbers
// were fitted to six capes and corners of France, and are right to a kilometre or so.
export function latitudeLongitude([x, y]) {
  const northing = ((2466.99 - y) / 41.368) * (Math.PI / 180);
  return [(Math.atan(Math.sinh(northing)) * 180) / Math.PI, (x - 215.585) / 41.5462];
}
