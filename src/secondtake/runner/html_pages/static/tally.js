/* What one listener's votes say, once the names may be told. */

import { binomialTail, quantile, wilson } from "./statistics.js";
import { ANCHOR, makerOf } from "./trials.js";

const SEEN = 90; // BS.1534: who rates the hidden baseline below this has not recognised it

/** All versions of a study by their clips. */
export function versionsByClip(segments) {
  return new Map(segments.flatMap(({ versions }) => versions.map((each) => [each.clip, each])));
}

/** A maker's name: "Baseline", or the model of a take. */
export function makerName({ maker, label }) {
  return maker ?? label;
}

/**
 * How often each maker was chosen where it stood beside another one.
 * @param {object[]} votes of pairs
 * @param {"closer" | "prefer"} question
 * @returns {{name: string, chosen: number, of: number, ties: number, low: number, high: number}[]}
 *   the most chosen first; of: without ties; low and high: Wilson's interval of the share
 */
export function choicesByMaker(votes, question, byClip) {
  const rows = new Map();
  for (const vote of votes) {
    const [first, second] = [byClip.get(vote.first), byClip.get(vote.second)];
    if (!first || !second || vote[question] === null) continue;
    if (makerOf(first) === makerOf(second)) continue;
    for (const version of [first, second]) {
      const row = rows.get(makerOf(version)) ?? newRow(version);
      rows.set(makerOf(version), row);
      if (vote[question] === "tie") row.ties += 1;
      else row.of += 1;
      if (vote[question] === version.clip) row.chosen += 1;
    }
  }
  const withRange = [...rows.values()].map((row) => {
    const [low, high] = wilson(row.chosen, row.of);
    return { ...row, low, high };
  });
  return withRange.sort((a, b) => share(b) - share(a) || b.of - a.of);
}

/** Whether the baseline came out first of all, and not beside another one. */
export function isBaselineFirst([first, second]) {
  return first?.role === "baseline" && share(first) > (second ? share(second) : 0);
}

/** {right, of, p}: p is the chance of as many right answers, or more, by guessing. */
export function abxScore(votes) {
  const right = votes.filter(({ x, answer }) => x === answer).length;
  return { right, of: votes.length, p: binomialTail(right, votes.length) };
}

/**
 * The ratings of each maker.
 * @returns {{name: string, role: string, median: number, low: number, high: number, of: number}[]}
 *   low and high: quartiles; the best median first
 */
export function ratingsByMaker(votes, byClip) {
  const rows = new Map();
  for (const [clip, score] of votes.flatMap(({ scores }) => Object.entries(scores))) {
    const version = clip === ANCHOR ? anchorVersion() : byClip.get(clip);
    if (!version) continue;
    const row = rows.get(makerOf(version)) ?? { ...newRow(version), scores: [] };
    row.scores.push(score);
    rows.set(makerOf(version), row);
  }
  const summaries = [...rows.values()].map(({ name, role, scores }) => ({
    ...{ name, role, of: scores.length, median: quantile(scores, 0.5) },
    ...{ low: quantile(scores, 0.25), high: quantile(scores, 0.75) },
  }));
  return summaries.sort((a, b) => b.median - a.median);
}

/** In how many segments the hidden baseline was rated below 90. */
export function missedBaselines(votes) {
  return votes.filter(({ scores, reference }) => scores[reference] < SEEN).length;
}

function share({ chosen, of }) {
  return of ? chosen / of : -1;
}

function newRow(version) {
  return { name: makerName(version), role: version.role, chosen: 0, of: 0, ties: 0 };
}

function anchorVersion() {
  return { maker: "Low anchor (nothing above 3.5 kHz)", role: ANCHOR, model: "" };
}
