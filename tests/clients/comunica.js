// A SPARQL query, read from the standard input, over the fragments at an address: JSON results.
import { readFileSync } from "node:fs";
import { QueryEngine } from "@comunica/query-sparql";

const [address] = process.argv.slice(2);
const engine = new QueryEngine();
const context = { sources: [{ type: "qpf", value: address }] };
const result = await engine.query(readFileSync(0, "utf8"), context);
const { data } = await engine.resultToString(result, "application/sparql-results+json");
data.pipe(process.stdout);
