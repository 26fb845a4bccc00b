/* What a plan of a blind test can show, said before the test begins. */

import { criticalCount, trialsNeeded } from "./statistics.js";
import { ABX_TRIALS, USUAL_PAIRS, USUAL_RATINGS, choices, couplesAmong, pairsOf, ratedSegments } from "./trials.js";

export const SHARES = [0.6, 0.7, 0.8];
const SECONDS = { pairs: 30, abx: 20, ratings: 100 }; // that a listener takes for one

/** Every mode: its name, what one of it is called in a sentence and in a title, what it asks. */
export const MODES = {
  pairs: {
    name: "Pairs",
    one: "pair",
    title: "Pair",
    about: "Two versions at a time: which is closer to the original, and which do you like more?",
  },
  abx: {
    name: "ABX",
    one: "trial",
    title: "Trial",
    about: "A, B, and an X that is one of them: can you tell which? A check of your ears and your room.",
  },
  ratings: {
    name: "Ratings",
    one: "segment",
    title: "Ratings",
    about: "All versions of a segment side by side, each rated from 0 to 100 against the baseline.",
  },
};

/** Numbers of trials to choose from; [] where the study has nothing for this mode. */
export function countsOf(mode, segments, everyTake) {
  if (mode === "abx") return pairsOf(segments).length ? ABX_TRIALS : [];
  const pairs = mode === "pairs";
  const total = pairs ? pairsOf(segments, everyTake).length : ratedSegments(segments).length;
  return total ? choices(total, pairs ? [10, USUAL_PAIRS, 40] : [3, USUAL_RATINGS]) : [];
}

/** The number that is proposed. */
export function usualCount(mode, counts) {
  const usual = { pairs: USUAL_PAIRS, abx: ABX_TRIALS[1], ratings: USUAL_RATINGS }[mode];
  return counts.includes(usual) ? usual : counts[counts.length - 1];
}

export function minutesFor(mode, count) {
  return Math.max(1, Math.round((count * SECONDS[mode]) / 60));
}

/**
 * How many answers a difference of a given size takes, and what this listener's alone show.
 * @returns {{head: string[], rows: string[][], alone: string}}
 */
export function statementOf(mode, segments, { count, everyTake = false }) {
  const sides = mode === "abx" ? 1 : 2;
  const pairs = pairsOf(segments, everyTake);
  const each = mode === "pairs" ? count / couplesAmong(pairs) : count; // for one difference
  const rows = SHARES.map((share) => {
    const needed = trialsNeeded(share, sides);
    return [percent(share), String(needed), String(Math.ceil(needed / each))];
  });
  const heads = {
    pairs: ["One of two versions is chosen in", "Answers on these two", "Listeners with your plan"],
    abx: ["A listener is right in", "Trials", "Listeners with your plan"],
    ratings: ["One of two versions is rated higher in", "Segments rated", "Listeners with your plan"],
  };
  return { head: heads[mode], rows, alone: aloneText(mode, count, each, sides) };
}

export function percent(share) {
  return `${Math.round(share * 100)} %`;
}

function aloneText(mode, count, each, sides) {
  const times = Math.floor(each);
  const least = criticalCount(times, sides);
  if (mode === "abx") {
    return `${least} of ${count} right answers show that you hear a difference: by guessing, fewer than one listener of twenty gets that many.`;
  }
  if (mode === "ratings") {
    if (least === null) return `Your ${plainCount(count, "segment")} alone cannot show a difference between two versions; together with other listeners' they can.`;
    return `Your ${count} segments alone show a difference if you rate one of two versions higher in at least ${least} of ${times}.`;
  }
  const often = times < 2 ? "about once" : `about ${times} times`;
  const start = `Your ${plainCount(count, "pair")} set any two versions against each other ${often}: alone, `;
  if (least === null) return `${start}too few to show anything about two versions; together with other listeners', they count.`;
  return `${start}they show a difference if you choose one of them in at least ${least} of ${times}.`;
}

function plainCount(count, noun) {
  return count === 1 ? `one ${noun}` : `${count} ${noun}s`;
}
