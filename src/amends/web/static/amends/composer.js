// The composer: three drafts that cannot be confused, reviewed and kept on the server while one types.
const $ = (what, where = document) => where.querySelector(what);
const $$ = (what, where = document) => [...where.querySelectorAll(what)];
const REST = 250;
let heard = [], kept = "", checked = "", wish = "", timer = 0, asking = null, saving = 0, wantsPromise = true, isCrossing = false;
const onTheWay = new WeakSet();

const form = () => $("#composer");
const mode = () => form().elements.mode.value;
const area = () => $(`textarea[data-mode="${mode()}"]`, form());
// What goes out with the words (a line in public, images) is weighed with them.
const also = () => Object.fromEntries($$("[data-also]", form()).map((one) => [one.name, one.type !== "checkbox" ? one.value : one.checked ? "1" : ""]));
const written = () => `${mode()}\n${area().value}\n${Object.values(also()).join("\n")}`;
// The cookie holds the token that counts, also after signing in again in another tab.
const token = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? document.body.dataset.csrf;
const post = (way, fields, more = {}) =>
  fetch(way, { method: "POST", body: new URLSearchParams(fields), headers: { "X-CSRFToken": token(), "HX-Request": "true" }, ...more });

function choose(next, focus = true) {
  const box = form();
  flush();
  box.elements.mode.value = next;
  box.dataset.mode = next;
  for (const tab of $$(".mode", box)) tab.setAttribute("aria-pressed", String(tab.dataset.mode === next));
  for (const text of $$("textarea[data-mode]", box)) text.hidden = text.dataset.mode !== next;
  for (const part of $$("[data-only]", document.querySelector(".composer-wrap"))) part.hidden = !part.dataset.only.split(" ").includes(next);
  if (focus) area().focus();
  review();
}

async function review() {
  const box = form();
  if (!box) return;
  const now = mode(), text = area().value, whole = written();
  kept = whole;
  asking?.abort();
  asking = new AbortController();
  const saved = $(".saved", box);
  try {
    if (now !== "note") {
      const answer = await post(box.dataset.review, { ...also(), mode: now, text, purpose: box.elements.purpose.value, solvable: box.elements.solvable.checked ? "1" : "" }, { signal: asking.signal });
      if (!answer.ok) {
        wish = "";
        if (answer.status === 401) saved.textContent = saved.dataset.signedOut;
        return obey();
      }
      // The review grows and the thread shrinks: whoever read its end goes on reading its end.
      const thread = $("#case-thread"), end = thread.scrollHeight - thread.scrollTop - thread.clientHeight < 60;
      $("#review", box).innerHTML = await answer.text();
      if (end) thread.scrollTop = thread.scrollHeight;
      announce(box);
      document.dispatchEvent(new Event("review-shown"));
      const promise = $("#review [name=keep_promise]");
      if (promise) promise.checked = wantsPromise;
    } else $("#review", box).replaceChildren();
    checked = whole;
    obey();
    // Ctrl+Enter came before the check of the last words did: now it counts, if these are still the words.
    const isWished = wish === checked && wish === written();
    wish = "";
    if (isWished && $("#send", box).getAttribute("aria-disabled") === "false") box.requestSubmit();
  } catch (error) {
    if (error.name === "AbortError") return;
    wish = "";
    saved.textContent = saved.dataset.unsaved;
  }
}

// Screen readers hear what stops or warns, and the one advice: what is new of it, once, and not the whole at every pause.
function announce(box) {
  const told = $$("#review .says.block, #review .says.warn", box).map((one) => $("span", one).firstElementChild.textContent.trim());
  const line = $("#review .advice > span", box)?.textContent.trim();
  if (line) told.push(line);
  const fresh = told.filter((one) => !heard.includes(one)).join(" ");
  heard = told;
  if (fresh || !told.length) $("#review-said", box).textContent = fresh;
}

// What the review found, told to the button and the counter.
function obey() {
  const box = form(), found = $("#review-facts")?.dataset ?? {}, send = $("#send", box), isNote = mode() === "note";
  const empty = !area().value.trim();
  const blocked = !isNote && found.blocked === "1";
  send.setAttribute("aria-disabled", String(empty || blocked));
  $("[data-send-label]", send).textContent = isNote ? send.dataset.note : found.warned === "1" ? send.dataset[mode() === "direct" ? "anywayDirect" : "anywayReply"] : send.dataset[mode()];
  send.classList.toggle("note", isNote);
  send.classList.toggle("primary", !isNote);
  const count = $(".send-row .count", box);
  count.hidden = isNote || !found.count;
  count.textContent = found.longest > 0 ? `${found.count} / ${found.longest}` : found.count;
  count.classList.toggle("over", blocked && found.longest > 0 && Number(found.count) > Number(found.longest));
}

function save(leaving = false, text = form() && area()) {
  const box = form();
  if (!box) return;
  const now = text.dataset.mode;
  if (text.value === text.dataset.saved) return;
  // One after the other, or an older text could arrive last. Who leaves cannot wait.
  if (onTheWay.has(text) && !leaving) return;
  const value = text.value, note = $(".saved", box);
  note.textContent = note.dataset.saving;
  onTheWay.add(text);
  post(box.dataset.draft, { mode: now, text: value }, { keepalive: true })
    .then((answer) => {
      if (answer.status === 401) { note.textContent = note.dataset.signedOut; return; }
      if (!answer.ok) throw new Error();
      text.dataset.saved = value;
      if (text.value !== value) { clearTimeout(saving); saving = setTimeout(() => save(false, text), REST); }
      else note.textContent = value.trim() ? note.dataset.saved : "";
    })
    .catch(() => { if (!leaving) { note.textContent = note.dataset.unsaved; clearTimeout(saving); saving = setTimeout(() => save(false, text), 5000); } })
    .finally(() => onTheWay.delete(text));
}
function flush() { clearTimeout(saving); if (form()) save(true); }

// What the reply is for, said above it.
function ask(button) {
  form().elements.purpose.value = button.dataset.purpose;
  $("#purpose-said").textContent = button.dataset.said;
  $("#purpose").hidden = false;
}

document.addEventListener("input", (event) => {
  if (!event.target.matches("#composer textarea[data-mode]")) return;
  clearTimeout(timer);
  clearTimeout(saving);
  wish = "";
  const note = $(".saved", form()), { value, dataset } = area();
  note.textContent = value.trim() && value === dataset.saved ? note.dataset.saved : "";
  timer = setTimeout(() => { if (written() !== kept) review(); }, REST);
  saving = setTimeout(() => save(), 700);
  obey();
});
document.addEventListener("draft-changed", () => { if (form()) review(); });
document.addEventListener("change", (event) => {
  if (event.target.name === "keep_promise") wantsPromise = event.target.checked;
  if (event.target.name === "solvable") review();
});
document.addEventListener("click", (event) => {
  const tab = event.target.closest("#composer .mode");
  if (tab && !tab.disabled) return choose(tab.dataset.mode);
  const repair = event.target.closest("[data-repair]");
  if (repair) {
    // Spans count characters, JavaScript counts UTF-16 units.
    const letters = Array.from(area().value), { start, end, repair: put } = repair.dataset;
    const from = Number(start);
    // Of the two spaces around what is taken out, one stays.
    const gap = !put && letters[Number(end)] === " " && (from === 0 || letters[from - 1] === " ") ? 1 : 0;
    letters.splice(from, Number(end) + gap - from, ...Array.from(put));
    area().value = letters.join("");
    area().focus();
    area().dispatchEvent(new Event("input", { bubbles: true }));
    return;
  }
  const opening = event.target.closest("[data-opening]")?.dataset.opening;
  if (opening && !area().value.trim()) {
    area().value = opening;
    // Nobody sends an example as it stands: until it is looked at again, it stops the reply.
    if ($("#review-facts")) $("#review-facts").dataset.blocked = "1";
    area().dispatchEvent(new Event("input", { bubbles: true }));
    area().focus();
    return;
  }
  const fill = event.target.closest("[data-fill]");
  if (fill) {
    const box = form();
    choose(box.elements.mode.value === "direct" ? "direct" : "reply");
    if (!area().value.trim()) area().value = fill.dataset.fill;
    area().dispatchEvent(new Event("input", { bubbles: true }));
    ask(fill);
    area().focus();
    event.target.closest("details")?.removeAttribute("open");
  }
  if (event.target.closest("#purpose-off")) {
    form().elements.purpose.value = "reply";
    $("#purpose").hidden = true;
    area().focus();
  }
});
document.body.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target.id === "composer") {
    if ($("#send").getAttribute("aria-disabled") === "true") {
      event.preventDefault();
      // What stops it may be said of words that are no longer there.
      if (checked !== written() && area().value.trim()) wish = written();
      else $("#review .block, #review .says")?.scrollIntoView({ block: "nearest" });
      return;
    }
    clearTimeout(saving);
    clearTimeout(timer);
    isCrossing = onTheWay.has(area());
  } else if (event.detail.target?.id === "case") flush();
});
document.body.addEventListener("htmx:afterRequest", (event) => {
  // A refusal is an answer, too: only what was taken is cleared.
  if (event.target.id !== "composer" || Math.floor(event.detail.xhr.status / 100) !== 2) return;
  const sent = event.detail.requestConfig.formData, which = sent.get("mode");
  const text = $(`textarea[data-mode="${which}"]`, form());
  // What was written on while the answer was on its way stays; so does what stands in another mode.
  if (text.value === sent.get(`text_${which}`).replaceAll("\r\n", "\n")) text.value = "";
  // A draft that was being kept while the reply left may have arrived after it.
  text.dataset.saved = isCrossing ? "…" : "";
  save(false, text);
  if (which !== "note") {
    wantsPromise = true;
    form().elements.purpose.value = "reply";
    form().elements.solvable.checked = false;
    $("#purpose").hidden = true;
  }
  if (text !== area()) return;
  kept = checked = "";
  $(".saved", form()).textContent = "";
  if (text.value) review();
  else { asking?.abort(); $("#review").replaceChildren(); obey(); }
  const thread = $("#case .thread");
  if (thread) thread.scrollTop = thread.scrollHeight;
  text.blur();
});
// A reply that was taken back comes home into the composer.
document.body.addEventListener("draft-back", (event) => {
  const { mode: which, text } = event.detail;
  const target = $(`#composer textarea[data-mode="${which}"]`);
  if (target && !target.value.trim()) { target.value = target.dataset.saved = text; choose(which); }
});
addEventListener("pagehide", flush);

function begin() {
  kept = checked = wish = "";
  wantsPromise = true;
  if (!form()) return;
  choose(mode(), false);
  // A kept draft that asks what a button proposed still asks it.
  const asked = $$("[data-fill]").find((one) => one.dataset.fill === area().value);
  if (asked) ask(asked);
}
document.addEventListener("case-opened", begin);
begin();
