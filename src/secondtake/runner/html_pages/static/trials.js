/* What a listener is asked: which versions, of which segments, in which order. */

import { drawn, randomFrom, shuffled } from "./shuffle.js";

export const ANCHOR = "anchor";
export const ABX_TRIALS = [10, 16, 24];
export const USUAL_PAIRS = 20; // some ten minutes
export const USUAL_RATINGS = 6; // segments, some ten minutes too
const ENOUGH = 3; // s of each version before a vote counts, or half of a shorter clip
const WEIGHTS = [8, 4, 2, 2, 1, 1]; // of a couple, a segment, two makers, two takes
const NEARLY_ALL = 0.8; // a round number above this part of all is no other choice than all
const SHORTEST = 0.5; // s; below, there is nothing to compare

/** Seconds of each version of a trial that a listener must have heard. */
export function secondsToHear(trial) {
  return Math.min(ENOUGH, trial.seconds / 2);
}

/**
 * The versions that take part: the baseline, each model's best take, the control; or every take. A
 * repaint of another take is no answer of its own, so of every take it is none, unless its model has
 * no other. What was made from the baseline is no model's own answer, and takes no part.
 */
export function versionsOf(segment, everyTake) {
  const different = new Map(longEnough(segment).map((version) => [version.clip, version]));
  const versions = [...different.values()].filter((version) => !isCover(version));
  if (everyTake) {
    const own = new Set(versions.filter(({ repaint }) => !repaint).map(makerOf));
    return versions.filter((version) => !version.repaint || !own.has(makerOf(version)));
  }
  const bestOf = (maker) => {
    const takes = versions.filter((version) => makerOf(version) === maker);
    return takes.find(({ best }) => best) ?? takes[0];
  };
  return versions.filter((version) => version === bestOf(makerOf(version)));
}

/** The recording that a segment's takes are held against, or null. */
export function baselineOf(segment) {
  return longEnough(segment).find(isBaseline) ?? null;
}

/** Seconds that all of these versions have: a trial ends there, for else silence would tell. */
export function commonSeconds(versions) {
  return Math.min(...versions.map(({ seconds }) => seconds));
}

/** Who made a version: its takes count together. */
export function makerOf({ role, model }) {
  return role === "baseline" ? "baseline" : `${role} ${model}`;
}

/** All pairs of versions of one segment, segment by segment. */
export function pairsOf(segments, everyTake = false) {
  return segments.flatMap((segment) => {
    const versions = versionsOf(segment, everyTake);
    return versions.flatMap((first, index) =>
      versions.slice(index + 1).map((second) => ({ segment, versions: [first, second] })),
    );
  });
}

/** How many different couples of makers there are among pairs. */
export function couplesAmong(pairs) {
  return new Set(pairs.map(coupleOf)).size;
}

/** The segments that have a baseline to rate against, and something to rate. */
export function ratedSegments(segments) {
  return segments.filter((each) => baselineOf(each) && versionsOf(each, false).length > 1);
}

/** Numbers of trials to choose from: a few round ones that are not nearly all, and all. */
export function choices(total, rounds) {
  return [...rounds.filter((round) => round < NEARLY_ALL * total), total];
}

/**
 * What can be planned of a mode: {count, everyTake} for pairs, {count} for ratings, {count,
 * segment, clips} for ABX, where segment and clips may be left to chance.
 * @returns {object[]} trials, always the same for a study, a listener and a plan
 */
export function trialsOf(mode, study, listener, plan) {
  const random = randomFrom(`${study.study} ${listener} ${mode}`);
  if (mode === "pairs") return planPairs(study.segments, plan, random);
  if (mode === "abx") return planAbx(study.segments, plan, random);
  return planRatings(study.segments, plan, random);
}

/**
 * Pairs in an order of which any beginning is balanced: of all that are left, the next one is the
 * one whose couple of makers, segment and makers were asked for least so far.
 *
 * `reference` is the baseline, to listen to beside A and B; null where A or B is the baseline
 * itself, which an open one would give away, and where there is none.
 */
export function planPairs(segments, { count, everyTake }, random) {
  const named = pairsOf(segments, everyTake).map((pair) => ({ ...pair, names: namesOf(pair) }));
  const left = shuffled(named, random);
  const asked = new Counts();
  const trials = [];
  while (left.length && trials.length < count) {
    let next = 0;
    let least = Infinity;
    for (let index = 0; index < left.length; index += 1) {
      const cost = costOf(left[index], asked);
      if (cost < least) [next, least] = [index, cost];
    }
    const [pair] = left.splice(next, 1);
    const { number } = pair.segment;
    for (const name of pair.names) asked.add(name);
    const [first, second] = inOrder(pair.versions, asked, random);
    const id = `pairs-${number}-${asked.of(`segment ${number}`)}`;
    const seconds = commonSeconds(versionsOf(pair.segment, everyTake));
    const reference = pair.versions.some(isBaseline) ? null : baselineOf(pair.segment);
    trials.push({ id, mode: "pairs", segment: pair.segment, seconds, first, second, reference });
  }
  return trials;
}

/** One pair through all trials; X is one of the two, by a toss of its own each time. */
export function planAbx(segments, { count, segment, clips }, random) {
  const pairs = [...pairsOf(segments), ...pairsOf(segments, true)];
  const chosen = pairs.filter(
    (pair) =>
      pair.segment.number === segment && pair.versions.every(({ clip }) => clips.includes(clip)),
  );
  const pair = chosen[0] ?? drawn(pairsOf(segments), random);
  if (!pair) return [];
  const [a, b] = shuffled(pair.versions, random);
  const trial = { mode: "abx", segment: pair.segment, seconds: commonSeconds(pair.versions), a, b };
  return Array.from({ length: count }, (_, index) => {
    const x = random() < 0.5 ? a : b;
    return { id: `abx-${pair.segment.number}-${index + 1}`, ...trial, x };
  });
}

/** Segments in random order; in each the baseline, its anchor and the versions, shuffled. */
export function planRatings(segments, { count }, random) {
  const order = shuffled(ratedSegments(segments), random).slice(0, count);
  return order.map((segment) => ({
    id: `ratings-${segment.number}-1`,
    mode: "ratings",
    segment,
    seconds: commonSeconds(versionsOf(segment, false)),
    versions: shuffled([...versionsOf(segment, false), ANCHOR], random),
    reference: baselineOf(segment),
  }));
}

/**
 * The vote on a trial, as it is stored and exported.
 * @param {object} trial
 * @param {object} answers pairs: {closer, prefer}, "a", "b" or "tie"; abx: {x}, "a" or "b";
 *   ratings: {scores}, a number per version
 * @param {(slot: string) => number} heard seconds of a slot: a, b, x, reference, 0, 1, …
 * @param {string} time ISO 8601
 */
export function voteOn(trial, answers, heard, time) {
  const { id, mode, segment, reference } = trial;
  const seconds = (slot) => Math.round(heard(slot) * 10) / 10;
  const start = { id, mode, segment: segment.number, time };
  if (mode === "pairs") {
    const [first, second] = [trial.first.clip, trial.second.clip];
    const named = { a: first, b: second, tie: "tie" };
    const times = { [first]: seconds("a"), [second]: seconds("b") };
    if (reference) times.reference = seconds("reference");
    const closer = reference ? named[answers.closer] : null;
    return { ...start, first, second, closer, prefer: named[answers.prefer], heard: times };
  }
  if (mode === "abx") {
    const [a, b] = [trial.a.clip, trial.b.clip];
    const times = { [a]: seconds("a"), [b]: seconds("b"), x: seconds("x") };
    return { ...start, a, b, x: trial.x.clip, answer: { a, b }[answers.x], heard: times };
  }
  const names = trial.versions.map((version) => (version === ANCHOR ? ANCHOR : version.clip));
  const times = names.map((name, index) => [name, seconds(String(index))]);
  const scores = Object.fromEntries(names.map((name, index) => [name, answers.scores[index]]));
  const all = { ...Object.fromEntries(times), reference: seconds("reference") };
  return { ...start, scores, reference: reference.clip, heard: all };
}

function longEnough({ versions }) {
  return versions.filter(({ seconds }) => seconds >= SHORTEST);
}

/** Whether a version was made from the baseline, and is not independent of it. */
export function isCover({ role }) {
  return role === "cover";
}

function isBaseline({ role }) {
  return role === "baseline";
}

class Counts {
  #counts = new Map();

  of(name) {
    return this.#counts.get(name) ?? 0;
  }

  add(name) {
    this.#counts.set(name, this.of(name) + 1);
  }
}

function coupleOf({ versions }) {
  return versions.map(makerOf).sort().join(" | ");
}

function namesOf(pair) {
  const takes = pair.versions.map(({ clip }) => `clip ${clip}`);
  const makers = pair.versions.map((version) => `maker ${makerOf(version)}`);
  return [`couple ${coupleOf(pair)}`, `segment ${pair.segment.number}`, ...makers, ...takes];
}

/** Larger the more often its like was asked for; a couple weighs most, a single take least. */
function costOf({ names }, asked) {
  return names.reduce((sum, name, index) => sum + asked.of(name) * WEIGHTS[index], 0);
}

/** The one that stood first less often stands first. */
function inOrder(versions, asked, random) {
  const [one, other] = shuffled(versions, random);
  const ahead = (version) => asked.of(`first ${makerOf(version)}`) * 2;
  const share = (version) => ahead(version) - asked.of(`maker ${makerOf(version)}`);
  const order = share(one) <= share(other) ? [one, other] : [other, one];
  asked.add(`first ${makerOf(order[0])}`);
  return order;
}
