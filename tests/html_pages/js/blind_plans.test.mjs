import assert from "node:assert/strict";
import { test } from "node:test";

import { baselineText, rounded } from "../../../src/secondtake/runner/html_pages/static/blind_result.js";
import { scoreWord, slotName } from "../../../src/secondtake/runner/html_pages/static/blind_trial.js";
import { countsOf, minutesFor, statementOf, usualCount } from "../../../src/secondtake/runner/html_pages/static/plans.js";
import { choices } from "../../../src/secondtake/runner/html_pages/static/trials.js";
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
  assert.match(abx.alone, /^12 of 16 right answers show that you hear a difference: /);
  const two = [{ ...segments[0], versions: segments[0].versions.slice(0, 2) }];
  assert.match(statementOf("pairs", two, { count: 1 }).alone, /^Your one pair .* about once/);
  assert.match(statementOf("ratings", segments, { count: 3 }).alone, /3 segments alone cannot/);
  assert.match(statementOf("ratings", segments, { count: 20 }).alone, /rate one of two versions higher in at least 15 of 20\.$/);
  // Not in 80 %: that is the share of endless listening for which the table wants 23.
  assert.match(statementOf("pairs", two, { count: 20 }).alone, /if you choose one of them in at least 15 of 20\.$/);
  for (const mode of ["pairs", "abx", "ratings"]) assert.doesNotMatch(statementOf(mode, two, { count: 20 }).alone, /%/);
});

test("a number of pairs that is nearly all is not offered beside all", () => {
  const rounds = [10, 20, 40];
  assert.deepEqual([10, 12, 22, 30, 42, 60].map((total) => choices(total, rounds)), [[10], [12], [10, 22], [10, 20, 30], [10, 20, 42], [10, 20, 40, 60]]);
});

test("the baseline is about the best there can be only where it came out first", () => {
  const baseline = (chosen) => ({ role: "baseline", chosen, of: 10 });
  const bark = { role: "model", chosen: 6, of: 10 };
  const best = /about the best that a version can reach\.$/;
  assert.match(baselineText([baseline(7), bark]), best);
  for (const rows of [[bark, baseline(5)], [baseline(6), bark]]) {
    assert.match(baselineText(rows), /nothing else\.$/);
    assert.doesNotMatch(baselineText(rows), best);
  }
  assert.doesNotMatch(baselineText([{ ...baseline(0), of: 0 }]), best);
  assert.equal(baselineText([bark]), "");
});

test("the words of the scale", () => {
  assert.deepEqual([0, 19, 20, 59, 60, 80, 100].map(scoreWord), ["bad", "bad", "poor", "fair", "good", "excellent", "excellent"]);
  assert.deepEqual(["a", "x", "reference", "0", "4"].map(slotName), ["A", "X", "Baseline", "1", "5"]);
});

test("a p is never shown as nothing", () => {
  assert.deepEqual([0.0384063, 0.25, 1, 1e-9].map(rounded), ["0.038", "0.25", "1", "less than 0.001"]);
});
