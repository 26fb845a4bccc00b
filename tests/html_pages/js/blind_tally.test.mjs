import assert from "node:assert/strict";
import { test } from "node:test";

import { abxScore, choicesByMaker, makerName, missedBaselines, ratingsByMaker, versionsByClip } from "../../../src/secondtake/runner/html_pages/static/tally.js";
import { sampleFile, sampleStudy } from "./blind_study.mjs";

const version = (clip, role, model, label) => ({ clip, role, model, label, maker: label.split(",")[0] });
const SEGMENTS = [
  { versions: [version("o1", "baseline", "", "Baseline"), version("a1", "model", "a", "A"), version("a2", "model", "a", "A, take 2"), version("s1", "control", "sketch", "Sketch")] },
  { versions: [version("o2", "baseline", "", "Baseline"), version("a3", "model", "a", "A, take 3")] },
];
const BY_CLIP = versionsByClip(SEGMENTS);

function pair(first, second, prefer, closer = null) {
  return { mode: "pairs", first, second, prefer, closer };
}

test("takes of a model count together, ties apart", () => {
  const votes = [pair("o1", "a1", "o1"), pair("a2", "s1", "a2"), pair("a3", "o2", "tie"), pair("a1", "a2", "a1")];
  const rows = choicesByMaker(votes, "prefer", BY_CLIP);
  const brief = rows.map(({ name, chosen, of, ties }) => [name, chosen, of, ties]);
  assert.deepEqual(brief, [["Baseline", 1, 1, 1], ["A", 1, 2, 1], ["Sketch", 0, 1, 0]]);
  assert.ok(rows[1].low < 0.5 && rows[1].high > 0.5);
});

test("a question that was not asked has no rows, and a clip that is gone counts nothing", () => {
  assert.deepEqual(choicesByMaker([pair("a1", "s1", "a1")], "closer", BY_CLIP), []);
  assert.deepEqual(choicesByMaker([pair("a1", "gone", "a1")], "prefer", BY_CLIP), []);
});

test("ABX counts right answers and what guessing would do", () => {
  const votes = Array.from({ length: 16 }, (_, index) => ({ x: "o1", answer: index < 12 ? "o1" : "a1" }));
  const { right, of, p } = abxScore(votes);
  assert.deepEqual([right, of, p.toFixed(4)], [12, 16, "0.0384"]);
  assert.deepEqual(abxScore([]), { right: 0, of: 0, p: 1 });
});

test("ratings: medians and quartiles a maker, the anchor among them", () => {
  const votes = [
    { scores: { o1: 100, a1: 40, anchor: 10 }, reference: "o1" },
    { scores: { o2: 80, a3: 60, anchor: 20 }, reference: "o2" },
  ];
  const rows = ratingsByMaker(votes, BY_CLIP).map(({ name, median, low, high, of }) => [name, median, low, high, of]);
  assert.deepEqual(rows, [
    ["Baseline", 90, 85, 95, 2],
    ["A", 50, 45, 55, 2],
    ["Low anchor (nothing above 3.5 kHz)", 15, 12.5, 17.5, 2],
  ]);
  assert.equal(missedBaselines(votes), 1);
});

test("a maker's name is the model's, or else the label", () => {
  assert.equal(makerName({ maker: "Bark", label: "Bark, take 12" }), "Bark");
  assert.equal(makerName({ label: "Control" }), "Control");
});

test("of a sample listener, the baseline comes first and the anchor last", () => {
  const study = sampleStudy();
  const { votes } = sampleFile(study, "ana");
  const byClip = versionsByClip(study.segments);
  const of = (mode) => votes.filter((vote) => vote.mode === mode);
  assert.equal(choicesByMaker(of("pairs"), "prefer", byClip)[0].name, "Baseline");
  const names = ratingsByMaker(of("ratings"), byClip).map(({ role }) => role);
  assert.deepEqual([names[0], names.at(-1)], ["baseline", "anchor"]);
  assert.ok(abxScore(of("abx")).p < 0.05);
});
