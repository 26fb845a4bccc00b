/* The first screen of the blind test: who listens, which test, and what it can show. */

import { blindButton, blindQuestion, blindSelect, blindTable, blindText } from "./blind_dom.js";
import { UNCOUNTED } from "./blind_result.js";
import { element } from "./listen_dom.js";
import { MODES, countsOf, minutesFor, statementOf, usualCount } from "./plans.js";
import { makerName } from "./tally.js";
import { baselineOf, isCover, pairsOf } from "./trials.js";

const BASELINE = "The baseline (the original) is what all other versions are compared with.";
const NO_COVERS = "Versions that were made from the baseline take no part.";
const SEEN_BY = "Whoever runs the study sees it, with the answers that you send.";
const DRAWN = "drawn"; // the pair of an ABX test, left to chance

/**
 * The first screen.
 * @param {object} study the page's data
 * @param {VoteBook} book
 * @param {object} choice what was chosen so far, kept between screens: mode, count, everyTake, pair
 * @param {object} actions start(mode, plan), result(mode), save(type), saveEarlier(answers), leave(),
 *   redraw(selector), rename(text), another(), switchTo(id)
 */
export function startScreen(study, book, choice, actions) {
  const { listener } = book;
  return element(
    "div",
    { class: "blind-screen" },
    element("h1", { tabindex: -1 }, "Blind test"),
    blindText(
      "You hear versions of this song without their names and say what you hear. The names come after the last answer. Use headphones if you can, and a quiet room.",
    ),
    study.segments.some(baselineOf) && blindText(BASELINE),
    study.segments.some(({ versions }) => versions.some(isCover)) && blindText(NO_COVERS),
    ...book.earlier().map((answers) => earlierField(answers, actions)),
    listenerField(book, listener, actions),
    listener?.revealedAt ? blindText(UNCOUNTED, "blind-warning") : null,
    modeField(study, book, choice, actions),
    planField(study, listener, choice, actions),
    blindText(
      "Nothing is sent anywhere. Your answers stay in this browser until you save them as a file.",
      "blind-note",
    ),
    element(
      "div",
      { class: "blind-actions" },
      goButton(study, book, choice, actions),
      blindButton("Back to the page", "", actions.leave),
      book.listener && book.votes().length > 0 && saveSoFar(listener, actions),
    ),
  );
}

/** Answers on an earlier page of this song, which only leave this browser as a file. */
function earlierField(answers, actions) {
  const { listener, votes } = answers;
  const whose = listener.nickname ? ` of ${listener.nickname}` : "";
  const count = votes.length === 1 ? "One answer" : `${votes.length} answers`;
  const text = `${count}${whose} on an earlier version of this page: since then its sounds have changed. Save them and send them too.`;
  const save = () => actions.saveEarlier(answers);
  return element(
    "div",
    { class: "blind-warning" },
    blindText(text),
    blindButton(`Save earlier answers${whose}`, "", save),
  );
}

/** How far the listener is with a mode: {done, count}, or null where it was not begun. */
export function progressOf(book, mode) {
  const plan = book.listener?.plans[mode];
  if (!plan) return null;
  return { done: book.votes().filter((vote) => vote.mode === mode).length, count: plan.count };
}

function listenerField(book, listener, actions) {
  const listeners = book.listeners();
  const input = element("input", {
    type: "text",
    maxlength: 60,
    autocomplete: "off",
    value: listener?.nickname ?? actions.nickname(),
    input: (event) => actions.rename(event.target.value),
  });
  const names = listeners.map(({ id, nickname }, index) => [id, nickname || `listener ${index + 1}`]);
  return element(
    "div",
    { class: "blind-row" },
    element(
      "label",
      { class: "blind-field" },
      element("span", {}, "Your name or a nickname, if you like"),
      input,
      element("small", {}, SEEN_BY),
    ),
    listeners.length > 1 && blindSelect("Who listens", names, listener?.id, actions.switchTo),
    listener && blindButton("Someone else listens", "", actions.another),
  );
}

function modeField(study, book, choice, actions) {
  const answers = Object.entries(MODES).map(([mode, { name, about }]) => {
    const progress = progressOf(book, mode);
    const isPossible = countsOf(mode, study.segments, false).length > 0;
    const state = progress ? `${progress.done} of ${progress.count} answered. ` : "";
    return [mode, name, isPossible ? `${state}${about}` : whyNot(mode)];
  });
  const onAnswer = (mode) => {
    Object.assign(choice, { mode, count: null });
    actions.redraw(`input[value="${mode}"]`);
  };
  const pairs = answers.map(([mode, name]) => [mode, name]);
  const field = blindQuestion("mode", "Which test?", pairs, onAnswer, choice.mode);
  field.classList.add("blind-modes");
  field.querySelectorAll(".blind-answer").forEach((label, index) => {
    label.append(element("small", {}, answers[index][2]));
    const isPossible = countsOf(answers[index][0], study.segments, false).length > 0;
    label.querySelector("input").disabled = !isPossible;
  });
  return field;
}

function whyNot(mode) {
  if (mode === "ratings") return "Needs a segment with a baseline and another version of it.";
  return "Needs a segment with two versions.";
}

/** The plan as chosen, or the one that stands since the listener began. */
function chosenPlan(study, listener, choice) {
  const begun = listener?.plans[choice.mode];
  if (begun) return begun;
  const everyTake = choice.mode === "pairs" && choice.everyTake;
  const counts = countsOf(choice.mode, study.segments, everyTake);
  const count = counts.includes(choice.count) ? choice.count : usualCount(choice.mode, counts);
  if (choice.mode === "pairs") return { count, everyTake };
  if (choice.mode === "ratings" || choice.pair === DRAWN) return { count };
  const { segment, versions } = pairsOf(study.segments)[Number(choice.pair)];
  return { count, segment: segment.number, clips: versions.map(({ clip }) => clip) };
}

function planField(study, listener, choice, actions) {
  if (!countsOf(choice.mode, study.segments, false).length) {
    return blindText("There is nothing to compare blindly in this study yet.", "blind-warning");
  }
  const plan = chosenPlan(study, listener, choice);
  const { head, rows, alone } = statementOf(choice.mode, study.segments, plan);
  const isBegun = Boolean(listener?.plans[choice.mode]);
  return element(
    "div",
    { class: "blind-plan" },
    isBegun ? null : planControls(study, choice, plan, actions),
    element("h2", {}, "What the answers can show"),
    blindTable("Answers needed to show a difference of this size", head, rows),
    blindText(alone),
    blindText(
      choice.mode === "abx"
        ? "The number of trials is fixed before the first one, and p counts only after the last: stopping while it looks good is not a result."
        : "The table helps to plan: its shares are what endless listening would give, and so many answers find a difference of that size in four studies of five. Shown means: chance alone would do it in fewer than one study of twenty. “Can't tell” and equal ratings do not add to the number.",
      "blind-note",
    ),
  );
}

function planControls(study, choice, plan, actions) {
  const { mode } = choice;
  const counts = countsOf(mode, study.segments, plan.everyTake ?? false);
  const { one } = MODES[mode];
  const options = counts.map((count) => {
    const noun = count === 1 ? one : `${one}s`;
    return [String(count), `${count} ${noun}, about ${minutesFor(mode, count)} min`];
  });
  const onCount = (value) => {
    choice.count = Number(value);
    actions.redraw("select");
  };
  return element(
    "div",
    { class: "blind-row" },
    blindSelect("How many", options, String(plan.count), onCount),
    mode === "pairs" && hasMoreTakes(study) && everyTakeField(choice, actions),
    mode === "abx" && pairField(study, choice),
  );
}

function hasMoreTakes({ segments }) {
  return pairsOf(segments, true).length > pairsOf(segments).length;
}

function everyTakeField(choice, actions) {
  const onChange = (event) => {
    choice.everyTake = event.target.checked;
    actions.redraw("input[type=checkbox]");
  };
  const properties = { type: "checkbox", checked: choice.everyTake, change: onChange };
  const box = element("input", properties);
  return element("label", { class: "blind-check" }, box, "every take, not only the best ones");
}

/** Which two versions an ABX test is about may be known: which of them is X may not. */
function pairField(study, choice) {
  const pairs = pairsOf(study.segments).map(({ segment, versions }, index) => {
    const names = versions.map(makerName).join(" and ");
    return [String(index), `segment ${segment.number}: ${names}`];
  });
  const options = [[DRAWN, "two drawn for you"], ...pairs];
  return blindSelect("Which two", options, choice.pair, (value) => {
    choice.pair = value;
  });
}

function goButton(study, book, choice, actions) {
  const progress = progressOf(book, choice.mode);
  if (!countsOf(choice.mode, study.segments, false).length) return null;
  if (progress && progress.done >= progress.count) {
    return blindButton("Finish", "main", () => actions.result(choice.mode));
  }
  const start = () => actions.start(choice.mode, chosenPlan(study, book.listener, choice));
  return blindButton(progress ? "Continue" : "Start", "main", start);
}

function saveSoFar(listener, actions) {
  const names = listener.revealedAt ? "" : " It names versions by codes, never by their names.";
  return element(
    "div",
    { class: "blind-save" },
    blindButton("Save my answers (JSON)", "quiet", () => actions.save("json")),
    blindButton("as a table (CSV)", "quiet", () => actions.save("csv")),
    blindText(`The file is yours to keep or to send.${names}`, "blind-note"),
  );
}
