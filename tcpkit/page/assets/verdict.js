// The verdict, where it is not in the document already.
function verdictElement(verdict) {
  const answers = verdict.answers.map((answer) =>
    el("div", { class: "answer" }, el("h2", null, answer.question), el("p", { class: "short" }, answer.short), el("p", null, answer.more)),
  );
  const doubts = verdict.doubts.length ? el("ul", { class: "doubts" }, ...verdict.doubts.map((text) => el("li", null, text))) : null;
  return el("section", { id: "verdict", class: verdict.level, "aria-label": "Verdict" }, el("div", { class: "answers" }, ...answers), doubts);
}
