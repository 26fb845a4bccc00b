/* The first screen of the blind test: who listens, which test, and what it can show. */

import { blindButton, blindElement, blindQuestion, blindSelect, blindTable, blindText } from "./blind_dom.js";
import { MODES, countsOf, minutesFor, statementOf, usualCount } from "./plans.js";
import { makerName } from "./tally.js";
import { pairsOf } from "./trials.js";

const DRAWN = "drawn"; // the pair of an ABX test, left to chance

/**
 * The first screen.
 * @param {object} study the page's data
 * @param {VoteBook} book
 * @param {object} choice what was chosen so far, kept between screens: mode, count, everyTake, pair
 * @param {object} actions start(mode, plan), result(mode), save(type), leave(), redraw(selector),
 *   rename(text), another(), switchTo(id)
 */
export function startScreen(study, book, choice, actions) {
  const { listener } = book;
  return blindElement(
    "div",
    { class: "blind-screen" },
    blindElement("h1", { tabIndex: -1 }, "Blind test"),
    blindText(
      "You hear versions of this song without their names and say what you hear. The names come after the last answer. Use headphones if you can, and a quiet room.",
    ),
    listenerField(book, listener, actions),
    modeField(study, book, choice, actions),
    planField(study, listener, choice, actions),
    blindText(
      "Nothing is sent anywhere. Your answers stay in this browser until you save them as a file.",
      "blind-note",
    ),
    blindElement(
      "div",
      { class: "blind-actions" },
      goButton(study, book, choice, actions),
      blindButton("Back to the page", "", actions.leave),
      book.listener && book.votes().length > 0 && saveSoFar(listener, actions),
    ),
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
  const input = blindElement("input", {
    type: "text",
    maxLength: 60,
    autocomplete: "off",
    value: listener?.nickname ?? actions.nickname(),
    on: { input: (event) => actions.rename(event.target.value) },
  });
  const names = listeners.map(({ id, nickname }, index) => [id, nickname || `listener ${index + 1}`]);
  return blindElement(
    "div",
    { class: "blind-row" },
    blindElement(
      "label",
      { class: "blind-field" },
      blindElement("span", {}, "Your name or a nickname, if you like"),
      input,
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
    label.append(blindElement("small", {}, answers[index][2]));
    const isPossible = countsOf(answers[index][0], study.segments, false).length > 0;
    label.querySelector("input").disabled = !isPossible;
  });
  return field;
}

function whyNot(mode) {
  if (mode === "ratings") return "Needs a segment with an original and another version of it.";
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
  return blindElement(
    "div",
    { class: "blind-plan" },
    isBegun ? null : planControls(study, choice, plan, actions),
    blindElement("h2", {}, "What the answers can show"),
    blindTable("Answers needed to show a difference of this size", head, rows),
    blindText(alone),
    blindText(
      choice.mode === "abx"
        ? "The number of trials is fixed before the first one, and p counts only after the last: stopping while it looks good is not a result."
        : "Shown means: chance alone would do it in fewer than one study of twenty, and a difference of this size is found in four of five. “Can't tell” and equal ratings do not add to the number.",
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
  return blindElement(
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
  const properties = { type: "checkbox", checked: choice.everyTake, on: { change: onChange } };
  const box = blindElement("input", properties);
  return blindElement("label", { class: "blind-check" }, box, "every take, not only the best ones");
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
  const names = listener.isRevealed ? "" : " It names versions by codes, never by their names.";
  return blindElement(
    "div",
    { class: "blind-save" },
    blindButton("Save my answers (JSON)", "quiet", () => actions.save("json")),
    blindButton("as a table (CSV)", "quiet", () => actions.save("csv")),
    blindText(`The file is yours to keep or to send.${names}`, "blind-note"),
  );
}
