// What people do by hand on the pages of goods: put things in order, and bring several pictures at once. Both work
// without a script too: order is typed into number fields, which a script only fills in; pictures come one by one.
(() => {
  "use strict";
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const one = (selector, from = document) => from.querySelector(selector);

  // --- order: a handle is dragged, or moved with the arrow keys while it has the focus
  const items = (list) => [...list.children].filter((child) => child.matches("[data-item]"));
  function changed(list, item) {
    items(list).forEach((other, at) => { one("[data-number]", other).value = at + 1; });
    const form = list.closest("form");
    form.dataset.changed = "";
    const said = one("[data-said]", form);
    if (said) said.textContent = said.dataset.said.replace("{number}", items(list).indexOf(item) + 1);
  }
  function put(item, other, after) {
    if (!other || other === item) return;
    if (after) other.after(item); else other.before(item);
    changed(item.parentNode, item);
  }
  document.addEventListener("keydown", (event) => {
    const handle = event.target.closest?.("[data-arrange] [data-handle]");
    const step = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 }[event.key];
    if (!handle || !step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const item = handle.closest("[data-item]");
    put(item, items(item.parentNode)[items(item.parentNode).indexOf(item) + step], step > 0);
    handle.focus();
  });
  document.addEventListener("pointerdown", (event) => {
    const handle = event.target.closest?.("[data-arrange] [data-handle]");
    if (!handle || event.button) return;
    event.preventDefault();
    handle.focus();
    const item = handle.closest("[data-item]"), list = item.parentNode;
    item.classList.add("dragged");
    const move = (now) => {
      const under = document.elementFromPoint(now.clientX, now.clientY)?.closest("[data-item]");
      if (under && under !== item && under.parentNode === list) put(item, under, items(list).indexOf(under) > items(list).indexOf(item));
    };
    const stop = () => {
      item.classList.remove("dragged");
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", stop);
      removeEventListener("pointercancel", stop);
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", stop);
    addEventListener("pointercancel", stop);
  });
  // What has been put in order and not been saved is not swapped away.
  document.addEventListener("input", (event) => { if (event.target.matches("[data-number]")) event.target.form.dataset.changed = ""; });
  document.addEventListener("htmx:before:request", (event) => {
    if (event.target.matches?.("[data-polls]") && one("form[data-changed]", event.target)) event.preventDefault();
  });

  // --- several pictures, straight to S3 one after another; S3 answers with a redirection if it has taken one
  const settle = () => all("form[data-bring] input[type=file]").forEach((field) => { field.multiple = true; });
  document.addEventListener("DOMContentLoaded", settle);
  document.addEventListener("htmx:after:swap", settle);
  async function send(form, file) {
    if (file.size > Number(form.dataset.bring)) return false;
    const body = new FormData(form);
    body.set("file", file, file.name);
    try {
      const sent = await fetch(form.action, { method: "POST", body, redirect: "manual", credentials: "omit" });
      if (sent.type !== "opaqueredirect") return false;
      const key = body.get("key").replace("${filename}", file.name);
      return (await fetch(`${form.dataset.back}?${new URLSearchParams({ key })}`)).ok;
    } catch {
      return false;
    }
  }
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (event.defaultPrevented || !form.matches("form[data-bring]")) return;
    event.preventDefault();
    const files = [...form.elements.file.files], said = one("[data-sending]", form), failed = [];
    for (const [at, file] of files.entries()) {
      said.textContent = said.dataset.sending.replace("{number}", at + 1).replace("{total}", files.length);
      if (!await send(form, file)) failed.push(file.name);
    }
    form.reset();
    form.removeAttribute("aria-busy");
    const target = form.dataset.target;
    if (!one("form[data-changed]", one(target))) await htmx.ajax("GET", form.dataset.back, { target, select: target, swap: "outerHTML" });
    const now = one("[data-sending]");
    if (now) now.textContent = failed.length ? now.dataset.failed.replace("{names}", failed.join(", ")) : "";
  });
})();
