// What the pages gain from a script; all of them work without it. Loaded in the head, before anything is drawn.
(() => {
  "use strict";
  const root = document.documentElement;
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const one = (selector, from = document) => from.querySelector(selector);

  // --- theme: a cookie, so that the server can draw the next page in it at once
  const cookieTheme = () => (document.cookie.match(/(?:^|; )kontor-theme=(light|dark)/) || [])[1] || "auto";
  function applyTheme(theme) {
    if (theme === "auto") delete root.dataset.theme; else root.dataset.theme = theme;
    all("[data-theme-to]").forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.themeTo === theme)));
  }
  root.classList.add("js");
  applyTheme(cookieTheme());

  // --- after every page, loaded or swapped in
  function settle() {
    applyTheme(cookieTheme());
    all("[data-list]").forEach(showChosen);
    all("[data-sets]").forEach(setOthers);
    fit();
    one("[data-focus]")?.focus();
  }
  // A table that fits its card keeps its head in sight; one that doesn't scrolls inside the card, by keyboard too.
  function fit() {
    all(".scroll").forEach((box) => {
      box.classList.remove("fits");
      const fits = box.scrollWidth <= box.clientWidth;
      box.classList.toggle("fits", fits);
      if (fits) box.removeAttribute("tabindex"); else box.tabIndex = 0;
    });
  }
  addEventListener("resize", fit);
  let build;
  document.addEventListener("DOMContentLoaded", () => { build = document.body.dataset.build; settle(); });
  addEventListener("pageshow", () => all("form[aria-busy]").forEach((form) => form.removeAttribute("aria-busy")));

  // --- htmx: only pages are swapped in; files are downloaded, a newer build is loaded anew
  document.addEventListener("htmx:before:response", (event) => {
    const response = event.detail.ctx.response.raw;
    const kind = response.headers.get("content-type") || "";
    if (kind.startsWith("text/html") && !response.headers.get("content-disposition")) return;
    event.preventDefault();
    if (event.detail.ctx.request.method === "GET") location.href = response.url;
  });
  document.addEventListener("htmx:after:swap", () => {
    if (build && document.body.dataset.build !== build) { location.reload(); return; }
    if (document.activeElement === document.body) one("#page")?.focus({ preventScroll: true });
    settle();
  });
  document.addEventListener("htmx:error", () => { const note = one("#offline"); if (note) note.hidden = false; });
  document.addEventListener("htmx:before:request", () => { const note = one("#offline"); if (note) note.hidden = true; });
  document.addEventListener("htmx:finally:request", (event) => event.target.removeAttribute?.("aria-busy"));

  // --- a form is sent once, however often its button is pressed
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.hasAttribute("aria-busy")) { event.preventDefault(); event.stopImmediatePropagation(); return; }
    form.setAttribute("aria-busy", "true");
    setTimeout(() => form.removeAttribute("aria-busy"), 10000); // an answer may be a file: the page then stays
  }, true);

  // --- lists: choosing rows and walking them
  function showChosen(list) {
    const boxes = all("tbody .box input", list);
    const chosen = boxes.filter((box) => box.checked).length;
    const bar = one("[data-bulk]", list);
    const head = one("[data-all]", list);
    if (bar) { bar.classList.toggle("some", chosen > 0); one("[data-chosen] b", bar).textContent = chosen; }
    if (head) { head.checked = chosen > 0 && chosen === boxes.length; head.indeterminate = chosen > 0 && chosen < boxes.length; }
  }
  document.addEventListener("change", (event) => {
    const list = event.target.closest("[data-list]");
    if (!list) return;
    if (event.target.matches("[data-all]")) all("tbody .box input", list).forEach((box) => { box.checked = event.target.checked; });
    showChosen(list);
  });
  const currentRow = () => document.activeElement.closest?.("[data-row]");
  function walk(step) {
    const rows = all("[data-row]");
    const now = rows.indexOf(currentRow());
    const row = rows[now < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(Math.max(now + step, 0), rows.length - 1)];
    if (!row) return;
    const target = one("a[href]", row) || one(".box input", row) || row;
    if (target === row) row.tabIndex = -1;
    target.focus();
    row.scrollIntoView({ block: "nearest" });
  }

  // --- keyboard: by the key's place, so that it is the same under a Russian and a Latin layout
  const isTyping = (node) => node.matches?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
  function press(key) {
    const target = all(`[data-key="${CSS.escape(key)}"]`).find((node) => node.offsetParent);
    if (!target) return false;
    if (target.matches("input, textarea, select")) { target.focus(); target.select?.(); } else target.click();
    return true;
  }
  document.addEventListener("keydown", (event) => {
    const command = event.ctrlKey || event.metaKey;
    if (command && event.code === "KeyK") {
      const find = [one("[data-find]"), one('[data-key="/"]')].find((node) => node && node.offsetParent);
      if (find) { event.preventDefault(); find.focus(); find.select(); }
    } else if (command && event.key === "Enter") {
      const form = document.activeElement.closest?.("form");
      const button = form && (one("[data-submit]", form) || one("button:not([type=button])", form));
      if (button) { event.preventDefault(); form.requestSubmit(button); }
    } else if (event.key === "Escape") {
      const open = all("details.drop[open]").pop();
      if (open) { open.open = false; one("summary", open).focus(); }
    } else if (!command && !event.altKey && !isTyping(event.target) && !one("dialog[open]")) {
      let done = true;
      if (event.key === "?" || (event.shiftKey && event.code === "Slash")) one("#keys")?.showModal();
      else if (event.shiftKey) return;
      else if (event.code === "Slash" || event.key === "/") done = press("/");
      else if (event.code === "KeyJ") walk(1);
      else if (event.code === "KeyK") walk(-1);
      else if (event.code === "KeyX") { const box = currentRow() && one(".box input", currentRow()); if (box) box.click(); }
      else done = press(event.key);
      if (done) event.preventDefault();
    }
  });

  // --- a choice that sets others, as a country its currency: as long as nobody has chosen another by hand
  function setOthers(select) {
    const wanted = JSON.parse(select.dataset.sets)[select.value] || {};
    for (const [name, value] of Object.entries(wanted)) {
      const other = select.form.elements[name];
      if (!other.value || other.value === (other.dataset.set ?? value)) other.value = other.dataset.set = value;
    }
  }
  document.addEventListener("change", (event) => { if (event.target.matches("[data-sets]")) setOthers(event.target); });

  // --- small things
  document.addEventListener("click", (event) => {
    all("details.drop[open]").forEach((open) => { if (!open.contains(event.target)) open.open = false; });
    const theme = event.target.closest?.("[data-theme-to]");
    if (theme) {
      const to = theme.dataset.themeTo;
      document.cookie = `kontor-theme=${to}; path=/; max-age=${to === "auto" ? 0 : 31536000}; samesite=lax`;
      applyTheme(to);
    }
    const copy = event.target.closest?.("[data-copy]");
    if (copy) {
      const label = one("span", copy) || copy;
      const before = label.textContent;
      navigator.clipboard.writeText(copy.dataset.copy).then(() => {
        label.textContent = copy.dataset.done;
        setTimeout(() => { label.textContent = before; }, 1600);
      });
    }
  });
})();
