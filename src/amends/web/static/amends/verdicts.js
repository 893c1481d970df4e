// What the guards object to, underlined in the draft, and the way into a direct message.
//
// A text field cannot underline, so a mirror of it lies over it: the same words in the same place, invisible but for the
// lines below them. It is never focused, read out or clicked, and the field itself is never touched.
const form = () => document.querySelector("#composer");
const field = () => form()?.querySelector("textarea:not([hidden])");
const GRAVE = ["hint", "warn", "block"];
// What stands above the field may grow too (“Draft saved” on a narrow screen), and push it down.
const sizes = new ResizeObserver((seen) => { for (const { target } of seen) { const text = target.matches("textarea") ? target : field(); if (text) fit(text); } });
let marks = [], drawn = "";

// Spans count characters, a text field counts UTF-16 units.
function spansOf(text) {
  const letters = Array.from(text), places = [0];
  for (const letter of letters) places.push(places.at(-1) + letter.length);
  return [...document.querySelectorAll("#review [data-verdict]")].map(({ dataset }) => ({
    from: places[Math.min(Number(dataset.from), letters.length)],
    to: places[Math.min(Number(dataset.to), letters.length)],
    level: dataset.verdict,
  })).filter((mark) => mark.from < mark.to);
}

function mirrorOf(text) {
  const before = text.previousElementSibling;
  if (before?.classList.contains("mirror")) return before;
  const mirror = document.createElement("div");
  mirror.className = "mirror";
  mirror.setAttribute("aria-hidden", "true");
  text.before(mirror);
  sizes.observe(text);
  sizes.observe(form().querySelector(".composer-top"));
  text.addEventListener("scroll", () => { mirror.scrollTop = text.scrollTop; }, { passive: true });
  return mirror;
}

function fit(text) {
  const mirror = mirrorOf(text);
  mirror.hidden = text.hidden || !text.clientWidth;
  if (mirror.hidden) return;
  Object.assign(mirror.style, {
    top: `${text.offsetTop + text.clientTop}px`, left: `${text.offsetLeft + text.clientLeft}px`,
    width: `${text.clientWidth}px`, height: `${text.clientHeight}px`,
  });
  mirror.scrollTop = text.scrollTop;
}

function draw(text) {
  const mirror = mirrorOf(text), value = text.value;
  for (const other of form().querySelectorAll(".mirror")) if (other !== mirror) other.replaceChildren();
  // Where the marks of two lie over each other, the graver is seen.
  const borders = [...new Set([0, value.length, ...marks.flatMap((mark) => [mark.from, mark.to])])].sort((a, b) => a - b);
  mirror.replaceChildren(...borders.slice(0, -1).map((from, at) => {
    const part = document.createElement("span");
    const levels = marks.filter((mark) => mark.from <= from && mark.to >= borders[at + 1]).map((mark) => GRAVE.indexOf(mark.level));
    part.textContent = value.slice(from, borders[at + 1]);
    if (levels.length) part.className = GRAVE[Math.max(...levels)];
    return part;
  }), "\u200b");
  drawn = value;
  fit(text);
}

// While one types, before the next review: what lies before or after the change keeps its line, the rest loses it.
function follow(text) {
  const value = text.value, most = Math.min(value.length, drawn.length);
  let begin = 0, end = 0;
  while (begin < most && value[begin] === drawn[begin]) begin += 1;
  while (end < most - begin && value[value.length - 1 - end] === drawn[drawn.length - 1 - end]) end += 1;
  const grown = value.length - drawn.length;
  marks = marks.flatMap((mark) => {
    if (mark.to <= begin) return [mark];
    if (mark.from >= drawn.length - end) return [{ ...mark, from: mark.from + grown, to: mark.to + grown }];
    return [];
  });
  draw(text);
}

document.addEventListener("review-shown", () => {
  const text = field();
  if (!text) return;
  const way = form().querySelector('.mode[data-mode="direct"]');
  // One way is enough, however many verdicts point there.
  const button = document.querySelector("#review [data-move]");
  if (button) button.hidden = !way || way.disabled || text.dataset.mode === "direct";
  marks = spansOf(text.value);
  draw(text);
});
document.addEventListener("input", (event) => { if (event.target === field()) follow(event.target); });
// What was sent is cleared, what was taken back comes home: without a key being pressed.
for (const kind of ["htmx:afterRequest", "draft-back"])
  document.body.addEventListener(kind, () => setTimeout(() => { const text = field(); if (text && text.value !== drawn) follow(text); }));
document.addEventListener("click", (event) => {
  if (event.target.closest("#composer .mode")) {
    marks = [];
    if (field()) draw(field());
    return;
  }
  if (!event.target.closest("#review [data-move]")) return;
  const box = form(), from = field(), to = box.querySelector('textarea[data-mode="direct"]');
  if (!to || from === to) return;
  // What was begun there stays, and what comes stands below it.
  to.value = [to.value.trim(), from.value.trim()].filter(Boolean).join("\n\n");
  from.value = "";
  from.dispatchEvent(new Event("input", { bubbles: true }));
  box.querySelector('.mode[data-mode="direct"]').click();
  to.dispatchEvent(new Event("input", { bubbles: true }));
});
