import assert from "node:assert/strict";
import { test } from "node:test";

import { slotsOf } from "../../../src/secondtake/runner/html_pages/static/blind_audio.js";
import { ANCHOR, baselineOf, commonSeconds, couplesAmong, isCover, makerOf, pairsOf, ratedSegments, secondsToHear, trialsOf, versionsOf, voteOn } from "../../../src/secondtake/runner/html_pages/static/trials.js";
import { sampleStudy } from "./blind_study.mjs";

const STUDY = sampleStudy();
const MAKERS = ["model a", "model b", "model c", "control d", "baseline"];

/** Many segments in which all five makers have a version. */
function wideStudy(segments = 14) {
  const version = (number, maker) => {
    const [role, model = ""] = maker.split(" ");
    return { clip: `${number}${maker}`, label: maker, role, model, best: true, seconds: 10 };
  };
  const segment = (number) => ({
    number,
    versions: MAKERS.map((maker) => version(number, maker)),
  });
  return { study: "wide", segments: Array.from({ length: segments }, (_, index) => segment(index)) };
}

function counted(items) {
  const counts = new Map();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return [...counts.values()];
}

function spread(items) {
  const counts = counted(items);
  return Math.max(...counts) - Math.min(...counts);
}

test("the best take of each maker takes part, every take only if asked for", () => {
  const [, verse] = STUDY.segments;
  assert.deepEqual(
    versionsOf(verse, false).map(({ label }) => label),
    ["Baseline", "bark", "ace_step", "sketch"],
  );
  assert.equal(versionsOf(verse, true).length, 5);
});

test("a maker whose takes have no best one takes part with the first", () => {
  const versions = STUDY.segments[1].versions.map((version) => ({ ...version, best: false }));
  const labels = versionsOf({ versions }, false).map(({ label }) => label);
  assert.deepEqual(labels, ["Baseline", "bark", "ace_step", "sketch"]);
});

test("what was made from the baseline takes no part, whatever is asked for", () => {
  const [, verse] = STUDY.segments;
  const [, take] = verse.versions;
  const cover = { ...take, clip: "c0ffee", role: "cover", model: `${take.model}_from_baseline` };
  const study = { study: "covers", segments: [{ ...verse, versions: [...verse.versions, cover] }] };
  for (const everyTake of [false, true]) {
    assert.deepEqual(versionsOf(study.segments[0], everyTake), versionsOf(verse, everyTake));
  }
  assert.ok(isCover(cover) && !isCover(take));
  for (const [mode, plan] of [["pairs", { count: 99, everyTake: true }], ["abx", { count: 4 }], ["ratings", { count: 9 }]]) {
    const heard = trialsOf(mode, study, "ana", plan).flatMap(slotsOf).map(([, version]) => version);
    assert.ok(heard.length > 1 && !heard.includes(cover), mode);
  }
});

test("a repaint is no take of its own, unless its maker has no other", () => {
  const [, verse] = STUDY.segments;
  const [baseline, take] = verse.versions;
  const repaint = { ...take, clip: "c0ffee", repaint: true };
  const aside = { versions: [...verse.versions, { ...repaint, best: false }] };
  for (const everyTake of [false, true]) {
    assert.deepEqual(versionsOf(aside, everyTake), versionsOf(verse, everyTake));
  }
  const chosen = { versions: [baseline, { ...take, best: false }, repaint] };
  assert.deepEqual(versionsOf(chosen, false), [baseline, repaint]);
  assert.deepEqual(versionsOf(chosen, true), [baseline, chosen.versions[1]]);
  assert.deepEqual(versionsOf({ versions: [baseline, repaint] }, true), [baseline, repaint]);
});

test("nothing of what is too short to hear, and no clip beside itself", () => {
  const { versions } = STUDY.segments[0];
  const [first, ...others] = versions;
  const short = { versions: [{ ...first, seconds: 0.2 }, ...others] };
  assert.deepEqual(versionsOf(short, true), others);
  assert.equal(baselineOf(short), null);
  assert.equal(versionsOf({ versions: [first, first] }, true).length, 1);
});

test("three seconds are enough, or half of a shorter clip", () => {
  assert.equal(secondsToHear({ seconds: 20 }), 3);
  assert.equal(secondsToHear({ seconds: 4 }), 2);
});

test("a trial lasts as long as the shortest version that takes part", () => {
  const [, verse] = STUDY.segments;
  const short = (clip) => (version) => (version.clip === clip ? { ...version, seconds: 2 } : version);
  const secondsOf = (label, mode, plan) => {
    const { clip } = verse.versions.find((version) => version.label === label);
    const segments = [{ ...verse, versions: verse.versions.map(short(clip)) }];
    return [...new Set(trialsOf(mode, { ...STUDY, segments }, "ana", plan).map(({ seconds }) => seconds))];
  };
  const whole = commonSeconds(verse.versions);
  assert.ok(whole > 2);
  const later = verse.versions.find(({ best }) => !best).label;
  assert.deepEqual(secondsOf(later, "pairs", { count: 10, everyTake: false }), [whole]);
  assert.deepEqual(secondsOf(later, "pairs", { count: 10, everyTake: true }), [2]);
  assert.deepEqual(secondsOf("Baseline", "pairs", { count: 10, everyTake: false }), [2]);
  assert.deepEqual(secondsOf(later, "ratings", { count: 1 }), [whole]);
  assert.deepEqual(secondsOf("sketch", "ratings", { count: 1 }), [2]);
  const clips = ["bark", "ace_step"].map((label) => verse.versions.find((each) => each.label === label).clip);
  assert.deepEqual(secondsOf("sketch", "abx", { count: 3, segment: verse.number, clips }), [whole]);
});

test("beside a pair that holds the baseline no baseline is open, and only taste is asked", () => {
  const trials = trialsOf("pairs", STUDY, "ana", { count: 15, everyTake: false });
  const holds = trials.filter(({ first, second }) => [first, second].some(({ role }) => role === "baseline"));
  assert.equal(holds.length, 8);
  for (const trial of trials) {
    const slots = slotsOf(trial).map(([slot]) => slot);
    assert.deepEqual(slots, holds.includes(trial) ? ["a", "b"] : ["a", "b", "reference"]);
    const played = slotsOf(trial).map(([, { clip }]) => clip);
    assert.equal(new Set(played).size, played.length, "one clip twice");
    const vote = voteOn(trial, { closer: "a", prefer: "b" }, () => 3, "t");
    assert.equal(vote.closer, holds.includes(trial) ? null : trial.first.clip);
    assert.equal("reference" in vote.heard, !holds.includes(trial));
  }
});

test("all pairs: 3, 6 and 6 of the sample study", () => {
  const pairs = pairsOf(STUDY.segments);
  assert.equal(pairs.length, 15);
  assert.equal(couplesAmong(pairs), 8);
  assert.equal(pairsOf(STUDY.segments, true).length, 3 + 10 + 6);
});

test("all pairs, where all are asked for, once each, with names of their own", () => {
  const trials = trialsOf("pairs", STUDY, "ana", { count: 15, everyTake: false });
  const keys = trials.map(({ first, second }) => [first.clip, second.clip].sort().join());
  assert.equal(new Set(keys).size, 15);
  assert.equal(new Set(trials.map(({ id }) => id)).size, 15);
  for (const { id } of trials) assert.match(id, /^pairs-\d+-\d+$/);
});

test("the same listener meets the same trials, another one others", () => {
  for (const mode of ["pairs", "abx", "ratings"]) {
    const plan = (listener) => trialsOf(mode, STUDY, listener, { count: 16, everyTake: false });
    assert.deepEqual(plan("ana"), plan("ana"));
    assert.notDeepEqual(plan("ana"), plan("ben"));
  }
});

test("any beginning of a listener's share is balanced over couples, makers, segments and order", () => {
  const study = wideStudy();
  for (const listener of ["ana", "ben", "cleo", "dora"]) {
    for (const count of [10, 20, 40]) {
      const trials = trialsOf("pairs", study, listener, { count, everyTake: false });
      assert.equal(trials.length, count);
      const both = trials.flatMap(({ first, second }) => [makerOf(first), makerOf(second)]);
      const couple = ({ first, second }) => [first, second].map(makerOf).sort().join();
      assert.equal(counted(trials.map(couple)).length, 10);
      assert.equal(spread(trials.map(couple)), 0);
      assert.ok(spread(both) <= 1);
      assert.ok(spread(trials.map(({ segment }) => segment.number)) <= 1, "segments");
      for (const maker of MAKERS) {
        const first = trials.filter((trial) => makerOf(trial.first) === maker).length;
        const second = trials.filter((trial) => makerOf(trial.second) === maker).length;
        assert.ok(Math.abs(first - second) <= 2, `${maker}: ${first} first, ${second} second`);
      }
    }
  }
});

test("over listeners every pair of the study is asked for about as often", () => {
  const study = wideStudy(4);
  const keys = [];
  for (let listener = 0; listener < 200; listener += 1) {
    const trials = trialsOf("pairs", study, `listener ${listener}`, { count: 20, everyTake: false });
    keys.push(...trials.map(({ first, second }) => [first.clip, second.clip].sort().join()));
  }
  const counts = counted(keys);
  assert.equal(counts.length, 40);
  const chi = counts.reduce((sum, count) => sum + (count - 100) ** 2 / 100, 0);
  assert.ok(chi < 73, `chi-square ${chi} of 39 degrees`); // exceeded by chance in 1 of 1000
});

test("the place on the screen says nothing about the maker, over listeners", () => {
  let first = 0;
  for (let listener = 0; listener < 400; listener += 1) {
    const [trial] = trialsOf("pairs", STUDY, `listener ${listener}`, { count: 1 });
    first += makerOf(trial.first) < makerOf(trial.second) ? 1 : 0;
  }
  assert.ok(first > 160 && first < 240, `${first} of 400`); // 4 standard deviations
});

test("a large study is planned in a moment", () => {
  const study = wideStudy(42);
  const start = performance.now();
  const trials = trialsOf("pairs", study, "ana", { count: 420, everyTake: true });
  assert.equal(trials.length, 420);
  assert.ok(performance.now() - start < 2000);
});

test("ABX: one pair all along, X by a toss of its own", () => {
  const xs = [];
  for (let listener = 0; listener < 200; listener += 1) {
    const trials = trialsOf("abx", STUDY, `listener ${listener}`, { count: 16 });
    assert.equal(trials.length, 16);
    assert.equal(new Set(trials.map(({ a, b, segment }) => `${a.clip}${b.clip}${segment.number}`)).size, 1);
    xs.push(...trials.map(({ a, x }) => (x === a ? 1 : 0)));
  }
  const share = xs.filter(Boolean).length / xs.length;
  assert.ok(Math.abs(share - 0.5) < 0.035, `${share}`); // 4 standard deviations
  const repeats = xs.filter((x, index) => index && x === xs[index - 1]).length / xs.length;
  assert.ok(Math.abs(repeats - 0.5) < 0.035, `${repeats}`);
});

test("ABX of two versions that the listener chose", () => {
  const { versions } = STUDY.segments[2];
  const clips = [versions[0].clip, versions[2].clip];
  const [trial] = trialsOf("abx", STUDY, "ana", { count: 10, segment: 3, clips });
  assert.deepEqual([trial.a.clip, trial.b.clip].sort(), [...clips].sort());
  assert.equal(trial.id, "abx-3-1");
});

test("ratings: baseline and anchor hide among the versions, at any place", () => {
  const places = new Set();
  for (let listener = 0; listener < 60; listener += 1) {
    const trials = trialsOf("ratings", STUDY, `listener ${listener}`, { count: 3 });
    assert.deepEqual(trials.map(({ segment }) => segment.number).sort(), [1, 2, 3]);
    for (const { versions, reference } of trials) {
      assert.ok(versions.includes(ANCHOR) && versions.includes(reference));
    }
    places.add(trials[0].versions.indexOf(ANCHOR));
  }
  assert.ok(places.size >= 4);
});

test("ratings need a baseline", () => {
  const segments = STUDY.segments.map((segment) => ({
    ...segment,
    versions: segment.versions.filter(({ role }) => role !== "baseline"),
  }));
  assert.deepEqual(ratedSegments(segments), []);
  const [trial] = trialsOf("pairs", { ...STUDY, segments }, "ana", { count: 1 });
  assert.equal(trial.reference, null);
  const vote = voteOn(trial, { prefer: "b" }, () => 3, "t");
  assert.equal(vote.closer, null);
  assert.equal(vote.prefer, trial.second.clip);
  assert.deepEqual(Object.keys(vote.heard), [trial.first.clip, trial.second.clip]);
});

test("a vote names clips, and seconds to a tenth", () => {
  const pair = trialsOf("pairs", STUDY, "ana", { count: 15 }).find(({ reference }) => reference);
  const heard = { a: 3.04, b: 4.26, reference: 5 };
  const vote = voteOn(pair, { closer: "a", prefer: "tie" }, (slot) => heard[slot], "2026-01-01");
  const [first, second] = [pair.first.clip, pair.second.clip];
  assert.deepEqual(vote, {
    ...{ id: pair.id, mode: "pairs", segment: pair.segment.number, time: "2026-01-01" },
    ...{ first, second, closer: first, prefer: "tie" },
    heard: { [first]: 3, [second]: 4.3, reference: 5 },
  });
  const [abx] = trialsOf("abx", STUDY, "ana", { count: 1 });
  assert.equal(voteOn(abx, { x: "b" }, () => 3, "t").answer, abx.b.clip);
  const [rating] = trialsOf("ratings", STUDY, "ana", { count: 1 });
  const scores = rating.versions.map((_, index) => index * 10);
  const rated = voteOn(rating, { scores }, () => 3, "t");
  assert.equal(rated.scores[ANCHOR], rating.versions.indexOf(ANCHOR) * 10);
  assert.equal(rated.reference, rating.reference.clip);
  assert.deepEqual(Object.keys(rated.heard).sort(), [...Object.keys(rated.scores), "reference"].sort());
});

test("each listener has an order of their own, and always the same one", () => {
  const listeners = Array.from({ length: 40 }, (_, index) => `listener ${index}`);
  const order = (listener) => {
    const trials = trialsOf("pairs", wideStudy(), listener, { count: 20, everyTake: false });
    return trials.map(({ first, second }) => `${first.clip} ${second.clip}`).join();
  };
  assert.equal(new Set(listeners.map(order)).size, listeners.length);
  assert.equal(order("ana"), order("ana"));
});
