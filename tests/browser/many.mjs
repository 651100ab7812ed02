// A page of many findings, made from a page of few: the same texts over and over, with names, ids and fingerprints of
// their own, packed as the program packs them. The program's own page of this size is measured by `make bench`.

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";

const PACKED = /<script type="application\/gzip" class="(block|index)">([^<]*)<\/script>\n/g;
const COLUMNS = ["severity", "check", "account", "region", "title", "cost", "exception"];

const unpack = (text) => JSON.parse(gunzipSync(Buffer.from(text, "base64")));
const pack = (kind, data) =>
  `<script type="application/gzip" class="${kind}">${gzipSync(JSON.stringify(data)).toString("base64")}</script>\n`;
const hex = (number) => createHash("sha256").update(String(number)).digest("hex");

export function multiply(from, to, count) {
  const page = readFileSync(from, "utf8");
  const packed = [...page.matchAll(PACKED)];
  const index = unpack(packed.at(-1)[2]);
  const blocks = packed.slice(0, -1).map((block) => unpack(block[2]));
  const few = index.severity.length;
  const text = (column, i) => blocks[Math.floor(i / index.of_block)][column][i % index.of_block];

  const more = structuredClone(index);
  for (const column of COLUMNS) more[column] = Array.from({ length: count }, (_, n) => index[column][n % few]);
  const findings = [];
  for (let start = 0; start < count; start += index.of_block) {
    const block = Object.fromEntries(Object.keys(blocks[0]).map((column) => [column, []]));
    for (let n = start; n < Math.min(count, start + index.of_block); n++) {
      const id = hex(n);
      const uuid = [id.slice(0, 8), id.slice(8, 12), id.slice(12, 16), id.slice(16, 20), id.slice(20, 32)].join("-");
      for (const column of Object.keys(block)) block[column].push(text(column, n % few));
      block.fingerprint[n - start] = id.slice(32);
      block.arn[n - start] = block.arn[n - start].replace(/key\/.*/, `key/${uuid}`);
      block.name[n - start] = `${block.name[n - start]}-${n}`;
    }
    findings.push(pack("block", block));
  }
  findings.push(pack("index", more));
  const first = packed[0].index;
  const end = packed.at(-1).index + packed.at(-1)[0].length;
  writeFileSync(to, page.slice(0, first) + findings.join("") + page.slice(end));
  return hex(count - 1).slice(32);
}
