// What people do by hand on the pages of goods: put things in order, and bring several pictures at once. Both work
// without a script too: order is typed into number fields, which a script only fills in; pictures come one by one.
(() => {
  "use strict";
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const one = (selector, from = document) => from.querySelector(selector);

  // --- order: a handle is dragged, or moved with the arrow keys while it has the focus
  const items = (list) => [...list.children].filter((child) => child.matches("[data-item]"));
  const isTree = (item) => item.parentNode.dataset.arrange === "tree";
  function numbered(siblings, item) {
    siblings.forEach((other, at) => { one("[data-number]", other).value = at + 1; });
    const form = item.closest("form"), said = one("[data-said]", form);
    form.dataset.changed = "";
    said.textContent = said.dataset.said.replace("{number}", siblings.indexOf(item) + 1);
  }

  // --- a grid: pictures, one after another
  function putBeside(item, other, after) {
    if (!other || other === item) return;
    if (after) other.after(item); else other.before(item);
    numbered(items(item.parentNode), item);
  }

  // --- a tree: rows with a depth; a row goes with all that lies below it
  const depth = (row) => Number(row.dataset.depth);
  const family = (row) => {
    const rows = [row];
    for (let next = row.nextElementSibling; next && depth(next) > depth(row); next = next.nextElementSibling) rows.push(next);
    return rows;
  };
  const parentOf = (row) => {
    let at = row.previousElementSibling;
    while (at && depth(at) >= depth(row)) at = at.previousElementSibling;
    return at;
  };
  const siblings = (row) => items(row.parentNode).filter((other) => depth(other) === depth(row) && parentOf(other) === parentOf(row));
  function putInTree(row, under, where) {
    const rows = family(row);
    if (!under || rows.includes(under)) return;
    const deeper = depth(under) + (where === "inside" ? 1 : 0) - depth(row);
    if (where === "before") under.before(...rows); else family(under).pop().after(...rows);
    rows.forEach((each) => { each.dataset.depth = depth(each) + deeper; });
    one("[data-parent]", row).value = parentOf(row)?.dataset.id || "";
    numbered(siblings(row), row);
  }
  function step(item, key) {
    const next = { ArrowUp: -1, ArrowDown: 1, ArrowLeft: -1, ArrowRight: 1 }[key];
    if (!isTree(item)) return putBeside(item, items(item.parentNode)[items(item.parentNode).indexOf(item) + next], next > 0);
    const beside = siblings(item), at = beside.indexOf(item);
    if (key === "ArrowLeft") putInTree(item, parentOf(item), "after");
    else if (key === "ArrowRight") putInTree(item, beside[at - 1], "inside");
    else putInTree(item, beside[at + next], next > 0 ? "after" : "before");
  }
  document.addEventListener("keydown", (event) => {
    const handle = event.target.closest?.("[data-arrange] [data-handle]");
    if (!handle || !event.key.startsWith("Arrow") || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    step(handle.closest("[data-item]"), event.key);
    handle.focus();
  });
  document.addEventListener("pointerdown", (event) => {
    const handle = event.target.closest?.("[data-arrange] [data-handle]");
    if (!handle || event.button) return;
    event.preventDefault();
    handle.focus();
    const item = handle.closest("[data-item]"), list = item.parentNode;
    let under, where;
    const forget = () => { if (under) delete under.dataset.drop; under = undefined; };
    const move = (now) => {
      forget();
      const at = document.elementFromPoint(now.clientX, now.clientY)?.closest("[data-item]");
      if (!at || at.parentNode !== list || at === item) return;
      if (!isTree(item)) { putBeside(item, at, items(list).indexOf(at) > items(list).indexOf(item)); return; }
      if (family(item).includes(at)) return;
      const box = at.getBoundingClientRect(), part = (now.clientY - box.top) / box.height;
      under = at;
      under.dataset.drop = where = part < 0.3 ? "before" : part > 0.7 ? "after" : "inside";
    };
    const stop = (last) => {
      item.classList.remove("dragged");
      if (under && last.type === "pointerup") putInTree(item, under, where);
      forget();
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", stop);
      removeEventListener("pointercancel", stop);
    };
    item.classList.add("dragged");
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
