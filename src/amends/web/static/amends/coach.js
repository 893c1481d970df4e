// The coach's row of marks: hover or focus says why, a click shows the words, arrow keys go along the row.
const advice = () => document.querySelector("#review .advice > span");
const marks = () => [...document.querySelectorAll("#review .mark")];

function tell(mark) {
  const line = advice();
  if (!line) return;
  line.dataset.own ??= line.textContent;
  line.textContent = mark.dataset.why;
}
function untell() {
  const line = advice();
  if (line?.dataset.own) line.textContent = line.dataset.own;
}
// Spans count characters, a text field counts UTF-16 units.
function select(text, start, end) {
  const units = (count) => Array.from(text.value).slice(0, count).join("").length;
  text.focus();
  text.setSelectionRange(units(start), units(end));
}

for (const kind of ["mouseover", "focusin"])
  document.addEventListener(kind, (event) => { const mark = event.target.closest?.("#review .mark"); if (mark) tell(mark); });
for (const kind of ["mouseout", "focusout"])
  document.addEventListener(kind, (event) => { if (event.target.closest?.("#review .mark")) untell(); });
document.addEventListener("click", (event) => {
  const mark = event.target.closest("#review .mark"), text = document.querySelector("#composer textarea:not([hidden])");
  if (!mark || !text) return;
  const spans = mark.dataset.spans.trim().split(" ").filter(Boolean).map((one) => one.split("-").map(Number));
  if (!spans.length) return text.focus();
  // Again, and the next of its places is shown.
  const shown = Number(mark.dataset.shown ?? -1) + 1;
  mark.dataset.shown = shown;
  select(text, ...spans[shown % spans.length]);
});
document.addEventListener("keydown", (event) => {
  const mark = event.target.closest?.("#review .mark"), way = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!mark || !way) return;
  const row = marks();
  row.at((row.indexOf(mark) + way) % row.length).focus();
  event.preventDefault();
});
