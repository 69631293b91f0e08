// Replays an event stream with ldes-client: `node replay.js URL ORDER [FOLDER]` prints its members,
// in an order (none, ascending), one a line as JSON: id, and quads as N-Quads. With a folder, what
// was given before is remembered there, and not given again.
import { intoConfig, replicateLDES } from "ldes-client";
import { Writer } from "n3";

const [url, order, folder] = process.argv.slice(2);
// In an order it must ask for one page at a time: of several it lets go before they have come.
const concurrentFetches = order === "none" ? undefined : 1;
const client = replicateLDES(intoConfig({ url, statePath: folder, concurrentFetches }), order);
client.on("error", (error) => {
  console.error(String(error));
  process.exit(1);
});
const reader = client.stream({ highWaterMark: 10 }).getReader();
for (let each = await reader.read(); !each.done; each = await reader.read()) {
  const writer = new Writer({ format: "N-Quads" });
  const quads = writer.quadsToString(each.value.quads);
  console.log(JSON.stringify({ id: each.value.id.value, quads }));
}
