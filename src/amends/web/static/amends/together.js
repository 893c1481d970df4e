// Two on one case: who is here, asking a colleague, and words that come home.
const $ = (what, where = document) => where.querySelector(what);
const EVERY = 15000, AWAY = 120000, TYPING = 6000;
let isLeaving = false, typedAt = -Infinity, movedAt = performance.now(), told = "", toldOf = "", toldAt = -Infinity;
const place = () => $("#case-presence");
// The cookie holds the token that counts, also after signing in again in another tab.
const token = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? document.body.dataset.csrf;

function doing() {
  const now = performance.now();
  if (document.hidden || now - movedAt > AWAY) return "idle";
  return now - typedAt < TYPING ? "typing" : "viewing";
}
async function tell(what = doing(), way = place()?.dataset.here) {
  if (!way) return;
  told = what; toldOf = way; toldAt = performance.now();
  try {
    const answer = await fetch(way, { method: "POST", body: new URLSearchParams({ doing: what }), keepalive: what === "gone" || what === "idle", headers: { "X-CSRFToken": token(), "HX-Request": "true" } });
    if (answer.status !== 200) return;
    const said = await answer.text(), box = place();
    // What comes late, of a case that is no longer open, is not shown over another's.
    if (box?.dataset.here === way && box.dataset.said !== said) { box.dataset.said = said; box.innerHTML = said; }
  } catch { /* The desk does not answer: the page says so elsewhere, and presence is not worth a word. */ }
}
function look() {
  if (isLeaving) return;
  const way = place()?.dataset.here ?? "";
  if (toldOf && toldOf !== way) { tell("gone", toldOf); toldOf = ""; }
  if (!way) return;
  const now = doing(), isNew = toldOf !== way || now !== told;
  // A hidden tab says once that nobody looks, then nothing: its row grows stale.
  if (isNew || (!document.hidden && performance.now() - toldAt >= EVERY)) tell(now);
}
document.addEventListener("input", (event) => {
  if (event.target.matches('#composer textarea:not([data-mode="note"])')) { typedAt = movedAt = performance.now(); if (told !== "typing") look(); }
});
for (const sign of ["pointerdown", "keydown", "focus"]) addEventListener(sign, () => { movedAt = performance.now(); }, { passive: true });
document.addEventListener("visibilitychange", look);
document.addEventListener("case-opened", look);
document.addEventListener("presence-changed", (event) => {
  const of = place()?.dataset.of;
  if (of && event.detail.split(",").includes(of) && !document.hidden) tell();
});
addEventListener("pagehide", () => { isLeaving = true; if (toldOf) tell("gone", toldOf); toldOf = ""; });
addEventListener("pageshow", () => { isLeaving = false; look(); });
setInterval(look, 2000);
look();

// Of what is there several times (images), all.
const all = (box) => { const fields = new FormData(box); return Object.fromEntries([...new Set(fields.keys())].map((name) => [name, fields.getAll(name).length > 1 ? fields.getAll(name) : fields.get(name)])); };

// A colleague is asked with all that stands in the composer; a refusal leaves it there.
document.addEventListener("click", (event) => {
  const asks = event.target.closest("[data-ask]"), box = $("#composer");
  if (asks && box) {
    const field = $("#plea", box), plea = asks.dataset.plea ?? field?.value.trim();
    if (!plea) { field?.focus(); return; }
    htmx.ajax("POST", box.action, { source: "#case-approval", target: "#case-approval", swap: "none", values: { ...all(box), plea, ask: "1" } })
      .then(() => document.dispatchEvent(new CustomEvent("case-stale")));
    return;
  }
  const comes = event.target.closest("[data-back], [data-instead]");
  if (!comes || !box) return;
  const { back, instead, mode } = comes.dataset, text = $(`textarea[data-mode="${mode}"]`, box);
  $(`.mode[data-mode="${mode}"]`, box)?.click();
  // What was begun meanwhile stays; calmer words take the place of the hot ones, which the browser can undo.
  if (back !== undefined && text.value.trim() && text.value !== back) { text.focus(); return; }
  text.focus();
  text.select();
  if (!document.execCommand("insertText", false, instead ?? back)) { text.value = instead ?? back; text.dispatchEvent(new Event("input", { bubbles: true })); }
});
// A composer that was swapped in after asking begins anew.
document.body.addEventListener("htmx:oobAfterSwap", (event) => {
  if (event.detail.target?.id === "composer-wrap" || event.target.id === "composer-wrap") document.dispatchEvent(new CustomEvent("case-opened"));
});
