// The drawing of a thing's neighbours as one whose parts can be moved, and which can be enlarged. It
// begins as the drawing of the page is; the table stays, and says the same.

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

// Cytoscape would write a style sheet into the page, which our policy forbids; its place is taken.
document.head.append(
  Object.assign(document.createElement("meta"), { id: "__________cytoscape_stylesheet" }),
);

const figure = document.getElementById("drawn");
const box = document.getElementById("network");
draw([...figure.querySelectorAll("svg")].find((svg) => svg.clientWidth));

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function draw(svg) {
  const area = svg.getBoundingClientRect();
  const nodes = [...svg.querySelectorAll("[data-kind]")].map((each) => {
    const mark = each.querySelector("path").getBoundingClientRect();
    const href = each.getAttribute("href");
    const lines = [...each.querySelectorAll("text")].map((line) => line.textContent);
    return {
      data: { id: href ?? "centre", href, kind: each.dataset.kind, label: lines.join("\n") },
      position: {
        x: mark.left + mark.width / 2 - area.left,
        y: mark.top + mark.height / 2 - area.top,
      },
    };
  });
  const known = new Set(nodes.map((node) => node.data.id));
  const edges = [...document.querySelectorAll("#neighbours tbody tr")]
    .map((row) => [row.querySelector("a").getAttribute("href").split("#")[0], row.dataset.out === "1"])
    .filter(([href]) => known.has(href))
    .map(([href, out]) => ({
      data: { source: out ? "centre" : href, target: out ? href : "centre" },
    }));
  box.style.height = `${area.height}px`;
  box.hidden = false;
  figure.hidden = true;
  box.focus();
  const graph = cytoscape({
    container: box,
    elements: [...nodes, ...edges],
    layout: { name: "preset" },
    minZoom: 0.5,
    maxZoom: 4,
    style: style(),
  });
  graph.on("tap", "node[href]", (event) => location.assign(event.target.data("href")));
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
        "text-max-width": 150,
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
