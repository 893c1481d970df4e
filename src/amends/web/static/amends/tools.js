// What the composer offers: nothing here is sent, and nothing takes the place of words without Undo.
const $ = (what, where = document) => where.querySelector(what);
const area = () => $(`#composer textarea[data-mode="${$("#composer").elements.mode.value}"]`);
const token = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? document.body.dataset.csrf;
let before = null;
// Where the cursor has never been, “at the cursor” is the end.
const visited = new WeakSet();
document.addEventListener("focusin", (event) => visited.add(event.target));

function told(text) {
  area().dispatchEvent(new Event("input", { bubbles: true }));
  area().focus();
  area().setSelectionRange(text, text);
}
// At the cursor and over nothing: a selection stays as it is, the line comes after it.
function insert(line) {
  const text = area(), at = visited.has(text) ? text.selectionEnd : text.value.length, head = text.value.slice(0, at), tail = text.value.slice(at);
  before = { text, value: text.value };
  const put = (head && !/\s$/.test(head) ? " " : "") + line + (tail && !/^\s/.test(tail) ? " " : "");
  text.value = head + put + tail;
  told(at + put.length);
}
function replace(value) {
  before = { text: area(), value: area().value };
  area().value = value;
  // The first gap is where one goes on writing.
  const gap = value.search(/\[[^\]\n]+\](?!\()/);
  told(gap < 0 ? value.length : gap);
  if (gap >= 0) area().setSelectionRange(gap, gap + value.slice(gap).indexOf("]") + 1);
}
function took() {
  for (const each of document.querySelectorAll("#proposal [data-take], #proposal .proposal-text")) each.hidden = true;
  const undo = $("#proposal [data-undo]");
  if (undo) undo.hidden = false;
}
async function ask(by, button) {
  const box = $("#composer"), place = $("#proposal"), way = $(".tools", box).dataset.propose, asked = box;
  const busy = [...document.querySelectorAll("[data-help]")];
  for (const each of busy) each.disabled = true;
  place.setAttribute("aria-busy", "true");
  $(".tools-more", box)?.removeAttribute("open");
  try {
    const answer = await fetch(way, {
      method: "POST",
      body: new URLSearchParams({ by, mode: box.elements.mode.value, ...(by === "calmer" && { text: area().value }) }),
      headers: { "X-CSRFToken": token(), "HX-Request": "true" },
    });
    const html = await answer.text();
    // Another case may be open by now.
    if ($("#composer") !== asked) return;
    if (!answer.ok) {
      const why = new DOMParser().parseFromString(html, "text/html").querySelector("li");
      place.replaceChildren(Object.assign(document.createElement("p"), { className: "says warn", textContent: why?.textContent ?? $("#words").dataset.failed }));
      return;
    }
    place.innerHTML = html;
    const found = $(".proposal-in", place).dataset;
    if (!area().value.trim()) { replace(found.text); took(); }
    else if (found.line) { insert(found.text); took(); }
  } catch {
    place.textContent = $("#words").dataset.gone;
  } finally {
    place.removeAttribute("aria-busy");
    for (const each of document.querySelectorAll("[data-help]")) each.disabled = false;
    if (button?.isConnected && document.activeElement === document.body) button.focus();
  }
}
document.addEventListener("click", (event) => {
  const on = (what) => event.target.closest(what);
  const asked = on("[data-help]");
  if (asked) return ask(asked.dataset.help, asked);
  const line = on("[data-insert]");
  if (line) return insert(line.dataset.insert);
  const take = on("[data-take]");
  if (take) {
    const { text } = $("#proposal .proposal-in").dataset;
    take.dataset.take === "here" ? insert(text) : replace(text);
    return took();
  }
  if (on("[data-undo]") && before) {
    before.text.value = before.value;
    $("#proposal").replaceChildren();
    if (before.text === area()) told(before.value.length);
    before = null;
  }
  if (on("[data-drop]")) { $("#proposal").replaceChildren(); area().focus(); }
});
document.addEventListener("toggle", async (event) => {
  const more = event.target.closest?.("[data-tools]"), place = more && $(".tools-in", more);
  if (!more?.open || place.childElementCount) return;
  try {
    const answer = await fetch(more.dataset.tools, { headers: { "HX-Request": "true" } });
    if (!answer.ok) throw new Error();
    place.innerHTML = await answer.text();
  } catch {
    place.textContent = $("#words").dataset.gone;
  }
}, true);
