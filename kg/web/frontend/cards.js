// The pictures that other sites show beside a link to a page: the mark of its kind among those of
// the others, in the kind's colour. The title stands beside it there, so that there is no text in it.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

import { initWasm, Resvg } from "@resvg/resvg-wasm";

const WIDTH = 1200;
const HEIGHT = 630;
// Around the mark: places on the card, and sizes.
const AROUND = [[150, 130, 3], [330, 480, 2.4], [890, 120, 2.6], [1050, 330, 3.4], [850, 520, 2.2], [110, 370, 2]];
const CENTRE = [WIDTH / 2, HEIGHT / 2];

function mark(shape, [x, y], scale, fill) {
  return `<path transform="translate(${x - 12 * scale} ${y - 12 * scale}) scale(${scale})" fill-rule="evenodd" fill="${fill}" d="${shape}"/>`;
}

function drawn(kind, shapes, colours) {
  const others = Object.keys(shapes).filter((each) => each !== kind && each !== "other" && each !== "establishment");
  const lines = AROUND.map(([x, y]) => `M${CENTRE.join(" ")}L${x} ${y}`).join("");
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}">
<rect width="${WIDTH}" height="${HEIGHT}" fill="${colours.wash}"/>
<path d="${lines}" stroke="${colours.line}" stroke-width="5" fill="none"/>
${AROUND.map(([x, y, scale], index) => mark(shapes[others[index]], [x, y], scale * 1.6, colours[others[index]] ?? colours.other)).join("\n")}
<circle cx="${CENTRE[0]}" cy="${CENTRE[1]}" r="205" fill="${colours.sheet}"/>
${mark(shapes[kind], CENTRE, 10.5, colours[kind] ?? colours.other)}
<rect y="${HEIGHT - 26}" width="${WIDTH}" height="26" fill="${colours.mark}"/>
</svg>`;
}

// The light colours of the style sheet, by the names of its variables.
function palette(css) {
  const root = css.slice(css.indexOf(":root {"), css.indexOf("@media"));
  return Object.fromEntries([...root.matchAll(/--([a-z]+): (#[0-9a-f]{6})/g)].map((each) => each.slice(1)));
}

// PNG files by the kinds of things.
export async function cards(shapes, style) {
  const wasm = createRequire(import.meta.url).resolve("@resvg/resvg-wasm/index_bg.wasm");
  await initWasm(await readFile(wasm));
  const colours = palette(await readFile(style, "utf-8"));
  return Object.keys(shapes).map((kind) => [kind, new Resvg(drawn(kind, shapes, colours)).render().asPng()]);
}
