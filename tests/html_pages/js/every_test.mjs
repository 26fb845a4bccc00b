/* All tests of the pages' JavaScript in one process: node tests/html_pages/js/every_test.mjs */

import { readdirSync } from "node:fs";

for (const name of readdirSync(new URL(".", import.meta.url)).sort()) {
  if (name.endsWith(".test.mjs")) await import(`./${name}`);
}
