import assert from "node:assert/strict";
import { test } from "node:test";

import { rounded } from "../../../src/secondtake/runner/html_pages/static/blind_result.js";
import { scoreWord, slotName } from "../../../src/secondtake/runner/html_pages/static/blind_trial.js";
import { countsOf, minutesFor, statementOf, usualCount } from "../../../src/secondtake/runner/html_pages/static/plans.js";
import { sampleStudy } from "./blind_study.mjs";

const { segments } = sampleStudy();

test("what there is to choose from", () => {
  assert.deepEqual(countsOf("pairs", segments, false), [10, 15]);
  assert.deepEqual(countsOf("pairs", segments, true), [10, 19]);
  assert.deepEqual(countsOf("abx", segments, false), [10, 16, 24]);
  assert.deepEqual(countsOf("ratings", segments, false), [3]);
  assert.equal(usualCount("pairs", [10, 20, 40, 60]), 20);
  assert.equal(usualCount("pairs", [10, 15]), 15);
  assert.equal(minutesFor("pairs", 20), 10);
});

test("a study of one version a segment has nothing for any mode", () => {
  const single = segments.map((segment) => ({ ...segment, versions: segment.versions.slice(0, 1) }));
  for (const mode of ["pairs", "abx", "ratings"]) assert.deepEqual(countsOf(mode, single, true), []);
});

test("before the test it says how many answers and listeners a difference takes", () => {
  const { rows, alone } = statementOf("pairs", segments, { count: 15 });
  // 15 pairs on 8 couples of makers: 1.875 answers a couple and listener.
  assert.deepEqual(rows, [["60 %", "210", "112"], ["70 %", "54", "29"], ["80 %", "23", "13"]]);
  assert.match(alone, /too few/);
});

test("and what this listener's trials alone can show", () => {
  const abx = statementOf("abx", segments, { count: 16 });
  assert.deepEqual(abx.rows[1], ["70 %", "42", "3"]);
  assert.match(abx.alone, /Of your 16 trials, 12 must be right: .* 81 %/);
  const two = [{ ...segments[0], versions: segments[0].versions.slice(0, 2) }];
  assert.match(statementOf("pairs", two, { count: 1 }).alone, /^Your one pair .* about once/);
  assert.match(statementOf("ratings", segments, { count: 3 }).alone, /3 segments alone cannot/);
  assert.match(statementOf("ratings", segments, { count: 20 }).alone, /80 % of them/);
});

test("the words of the scale", () => {
  assert.deepEqual([0, 19, 20, 59, 60, 80, 100].map(scoreWord), ["bad", "bad", "poor", "fair", "good", "excellent", "excellent"]);
  assert.deepEqual(["a", "x", "reference", "0", "4"].map(slotName), ["A", "X", "Original", "1", "5"]);
});

test("a p is never shown as nothing", () => {
  assert.deepEqual([0.0384063, 0.25, 1, 1e-9].map(rounded), ["0.038", "0.25", "1", "less than 0.001"]);
});
