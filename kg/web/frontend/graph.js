// Draws the table of a thing's neighbours as a graph; the table stays, and says the same.

import cytoscape from "cytoscape";

const SHAPES = {
  organization: "round-rectangle",
  person: "ellipse",
  publication: "rectangle",
  podcast: "ellipse",
  episode: "triangle",
  event: "diamond",
  theme: "hexagon",
  territory: "pentagon",
};
const MOST = 60;
const LONGEST = 36;
const NARROW = 560;
const ROW = 76;

// Cytoscape would write a style sheet into the page, which our policy forbids; its place is taken.
document.head.append(
  Object.assign(document.createElement("meta"), { id: "__________cytoscape_stylesheet" }),
);

const box = document.getElementById("network");
const rows = [...document.querySelectorAll("#neighbours tbody tr")].slice(0, MOST);
if (rows.length) draw();

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function draw() {
  box.hidden = false;
  const nodes = new Map();
  const edges = rows.map((row, index) => {
    const link = row.querySelector("a");
    nodes.set(link.pathname, {
      id: link.pathname,
      label: short((link.querySelector("[lang]") ?? link).textContent),
      kind: row.dataset.kind,
      href: link.href,
    });
    const ends = row.dataset.out === "1" ? ["centre", link.pathname] : [link.pathname, "centre"];
    return { data: { id: `e${index}`, source: ends[0], target: ends[1] } };
  });
  const around = [...nodes.values()].sort((a, b) => a.kind.localeCompare(b.kind));
  const centre = { id: "centre", label: short(box.dataset.title), kind: box.dataset.kind };
  const narrow = box.clientWidth < NARROW;
  const place = narrow ? inRows : onEllipses;
  if (narrow) box.style.height = `${ROW * (2 + Math.ceil(around.length / 2))}px`;
  const middle = { x: box.clientWidth / 2, y: narrow ? ROW / 2 : box.clientHeight / 2 };
  const graph = cytoscape({
    container: box,
    elements: [
      { data: centre, position: middle },
      ...around.map((data, index) => ({ data, position: place(index, around.length) })),
      ...edges,
    ],
    layout: { name: "preset" },
    userZoomingEnabled: false,
    userPanningEnabled: !narrow,
    style: style(),
  });
  graph.on("tap", "node[href]", (event) => location.assign(event.target.data("href")));
  box.setAttribute("role", "img");
  box.setAttribute("aria-label", document.querySelector("h1").textContent);
}

function short(text) {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1).trimEnd()}…` : text;
}

// On as many ellipses as are needed for the names not to cover each other, kinds side by side.
function onEllipses(index, count) {
  const rings = Math.min(3, Math.ceil(count / 14));
  const angle = (2 * Math.PI * index) / count - Math.PI / 2;
  const part = 1 - (index % rings) * 0.27;
  return {
    x: box.clientWidth / 2 + (box.clientWidth / 2 - 90) * part * Math.cos(angle),
    y: box.clientHeight / 2 + (box.clientHeight / 2 - 45) * part * Math.sin(angle) - 8,
  };
}

// Where there is no room for ellipses, two by two below the thing.
function inRows(index) {
  return { x: (box.clientWidth * (1 + 2 * (index % 2))) / 4, y: ROW * (1.75 + Math.floor(index / 2)) };
}

function style() {
  return [
    {
      selector: "node",
      style: {
        label: "data(label)",
        shape: (node) => SHAPES[node.data("kind")] ?? "ellipse",
        "background-color": (node) => colour(node.data("kind")) || colour("other"),
        color: colour("ink"),
        "font-family": getComputedStyle(document.body).fontFamily,
        "font-size": 12.5,
        "text-valign": "bottom",
        "text-margin-y": 5,
        "text-wrap": "wrap",
        "text-max-width": 125,
        "text-background-color": colour("sheet"),
        "text-background-opacity": 0.8,
        width: 24,
        height: 24,
      },
    },
    { selector: "#centre", style: { width: 44, height: 44, "font-weight": "bold" } },
    {
      selector: "edge",
      style: {
        "line-color": colour("line"),
        "target-arrow-color": colour("soft"),
        "target-arrow-shape": "triangle",
        "arrow-scale": 0.8,
        "curve-style": "straight",
        width: 1.3,
      },
    },
  ];
}
