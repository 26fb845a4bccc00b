/* Writes tests/data/votes/*.json and ana.csv anew: node tests/html_pages/js/sample_votes.mjs */

import { writeFileSync } from "node:fs";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";

import { votesCsv } from "../../../src/secondtake/runner/html_pages/static/votes.js";
import { SAMPLES, sampleFile, sampleStudy } from "./blind_study.mjs";

/** The sample files by their names. ana_early is ana's, saved before she was through. */
export function sampleTexts() {
  const study = sampleStudy();
  const text = (file) => `${JSON.stringify(file, null, 1)}\n`;
  const listeners = ["ana", "ben", "cleo"].map((name) => [name, sampleFile(study, name)]);
  return new Map([
    ...listeners.map(([name, file]) => [`${name}.json`, text(file)]),
    ["ana_early.json", text(sampleFile(study, "ana", 9))],
    ["ana.csv", votesCsv(listeners[0][1])],
  ]);
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, text] of sampleTexts()) writeFileSync(new URL(name, SAMPLES), text);
}
