/* The last screens of the blind test: the end of it, and who was behind the letters. */

import { blindButton, blindTable, blindText } from "./blind_dom.js";
import { element } from "./listen_dom.js";
import { MODES, percent } from "./plans.js";
import { ALPHA } from "./statistics.js";
import { abxScore, choicesByMaker, isBaselineFirst, makerName, missedBaselines, ratingsByMaker, versionsByClip } from "./tally.js";

const RANGE =
  "Range: where your share would settle if you went on listening, 19 times out of 20. Ranges that overlap show no difference yet.";
export const UNCOUNTED = "You have seen the names: answers from now on are saved, but not counted.";

/**
 * After the last vote of a mode, before any name is told.
 * @param {string} mode
 * @param {string[]} others modes that are not finished
 * @param {object} actions reveal(), start(), leave(), save(type)
 */
export function endScreen(mode, others, actions) {
  const names = others.map((each) => MODES[each].name).join(" and ");
  const first = `If you also want to take ${names}, do so before you see the names: answers after that are not counted.`;
  return element(
    "div",
    { class: "blind-screen" },
    element("h1", { tabindex: -1 }, "Thank you, that was the last one"),
    blindText("All answers of this test are in, and can no longer be changed."),
    others.length > 0 && blindText(first),
    element(
      "div",
      { class: "blind-actions" },
      blindButton("Show which was which", "main", actions.reveal),
      others.length > 0 && blindButton("Another test first", "", actions.start),
      blindButton("Back to the page", "", actions.leave),
    ),
    saveField(actions),
  );
}

/** The listener's own result, with the names. */
export function resultScreen(mode, segments, votes, actions) {
  const byClip = versionsByClip(segments);
  const parts = { pairs: pairsResult, abx: abxResult, ratings: ratingsResult }[mode](votes, byClip);
  return element(
    "div",
    { class: "blind-screen" },
    element("h1", { tabindex: -1 }, "What you heard"),
    ...parts,
    blindText(UNCOUNTED),
    saveField(actions),
    element(
      "div",
      { class: "blind-actions" },
      blindButton("Another test", "", actions.start),
      blindButton("Back to the page", "", actions.leave),
    ),
  );
}

function saveField(actions) {
  return element(
    "div",
    { class: "blind-plan" },
    element("h2", {}, "Send your answers"),
    blindText("Save the file and send it to whoever runs the study. Nothing has been sent: the file is the only way out of this browser."),
    element(
      "div",
      { class: "blind-save" },
      blindButton("Save my answers (JSON)", "", () => actions.save("json")),
      blindButton("as a table (CSV)", "quiet", () => actions.save("csv")),
    ),
  );
}

function pairsResult(votes, byClip) {
  const heads = ["Version", "Chosen", "Share", "Range", "Can't tell"];
  const liked = choicesByMaker(votes, "prefer", byClip);
  const table = (caption, rows) => {
    return rows.length > 0 && blindTable(caption, heads, rows.map(choiceRow));
  };
  return [
    table("Which would you rather listen to?", liked),
    table("Which is closer to the original?", choicesByMaker(votes, "closer", byClip)),
    blindText(`${RANGE}${baselineText(liked)}`, "blind-note"),
    everyVote("Every pair", ["Pair", "Segment", "A", "B", "Closer", "Rather"], votes, (vote) => [
      String(vote.segment),
      named(byClip, vote.first),
      named(byClip, vote.second),
      vote.closer === null ? "–" : answerOf(vote, vote.closer),
      answerOf(vote, vote.prefer),
    ]),
  ];
}

/** What the baseline's line means; it is no upper limit where another version was liked as much. */
export function baselineText(rows) {
  if (!rows.some(({ role }) => role === "baseline")) return "";
  const best = ": its line is about the best that a version can reach";
  return ` The baseline took part without its name where you were asked for nothing else${isBaselineFirst(rows) ? best : ""}.`;
}

function abxResult(votes, byClip) {
  const { right, of, p } = abxScore(votes);
  const [{ a, b }] = votes;
  const names = `${named(byClip, a)} (A) and ${named(byClip, b)} (B)`;
  const verdict =
    p <= ALPHA
      ? "You hear the difference."
      : "That is not enough to show that you hear a difference. It does not show that there is none.";
  return [
    blindText(`${right} of ${of} right, for ${names}. ${verdict}`, "blind-lead"),
    blindText(`By guessing alone, ${right} or more of ${of} come in ${oneIn(p)} (p = ${rounded(p)}).`),
    everyVote("Every trial", ["Trial", "X was", "You said"], votes, (vote) => [
      named(byClip, vote.x),
      named(byClip, vote.answer),
    ]),
  ];
}

function ratingsResult(votes, byClip) {
  const rows = ratingsByMaker(votes, byClip).map(({ name, median, low, high, of }) => [
    name,
    String(Math.round(median)),
    of > 1 ? `${Math.round(low)} to ${Math.round(high)}` : "–",
    String(of),
  ]);
  const missed = missedBaselines(votes);
  const seen = "You recognised the hidden baseline every time (90 or more).";
  const unseen = `In ${missed} of ${votes.length} segments you gave the hidden baseline less than 90. Who does so in more than 15 % of them is usually left out of the study's result.`;
  return [
    blindTable("Your ratings", ["Version", "Median", "Middle half", "Segments"], rows),
    blindText(missed ? unseen : seen),
    everyVote("Every segment", ["Segment", "Ratings"], votes, ({ scores }) => [
      Object.entries(scores)
        .map(([clip, score]) => `${byClip.has(clip) ? named(byClip, clip) : "Low anchor"} ${score}`)
        .join(", "),
    ]),
  ];
}

function everyVote(title, heads, votes, cells) {
  const rows = votes.map((vote, index) => {
    const name = vote.mode === "ratings" ? String(vote.segment) : String(index + 1);
    return [name, ...cells(vote)];
  });
  const summary = element("summary", {}, title);
  return element("details", {}, summary, blindTable(title, heads, rows));
}

function choiceRow({ name, chosen, of, ties, low, high }) {
  const share = of ? percent(chosen / of) : "–";
  const range = of ? `${Math.round(low * 100)} to ${percent(high)}` : "–";
  return [name, `${chosen} of ${of}`, share, range, String(ties)];
}

function answerOf({ first, second }, answer) {
  return { [first]: "A", [second]: "B" }[answer] ?? "can't tell";
}

/** The label where takes are told apart, as in the list of every vote. */
function named(byClip, clip) {
  const version = byClip.get(clip);
  return version ? version.label || makerName(version) : "unknown";
}

function oneIn(p) {
  if (p > 0.5) return "more than half of all tests";
  return `one test of ${Math.round(1 / p).toLocaleString("en")}`;
}

/** A p of two digits. */
export function rounded(p) {
  return p < 0.001 ? "less than 0.001" : String(Number(p.toPrecision(2)));
}
