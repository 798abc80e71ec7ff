// Suggestions while one types into a field with `data-suggest`: a combobox whose list the server draws. Without a script
// the field just searches. A page that is swapped in begins without a list.
(() => {
  "use strict";
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const open = (list) => list && !list.hidden;
  const listUnder = (field) => field.form.querySelector(".suggest");
  let typing, asking;
  function hideSuggestions(field) {
    clearTimeout(typing);
    asking?.abort();
    const list = listUnder(field);
    if (!list) return;
    list.hidden = true;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  }
  function showSuggestions(field, drawn) {
    if (document.activeElement !== field) return;
    let list = listUnder(field);
    if (!list) {
      field.insertAdjacentHTML("afterend", '<div class="pop suggest" hidden></div><span class="sr" role="status"></span>');
      list = listUnder(field);
    }
    list.innerHTML = drawn;
    const options = list.querySelector("[role=listbox]");
    list.nextElementSibling.textContent = options ? options.dataset.said : "";
    if (!options) { hideSuggestions(field); return; }
    options.id = `${field.id}-options`;
    all("[role=option]", options).forEach((option, at) => { option.id = `${options.id}-${at}`; });
    const now = { role: "combobox", "aria-autocomplete": "list", "aria-controls": options.id, "aria-expanded": "true", autocomplete: "off" };
    for (const [name, value] of Object.entries(now)) field.setAttribute(name, value);
    field.removeAttribute("aria-activedescendant");
    list.hidden = false;
  }
  async function askSuggestions(field) {
    asking?.abort();
    asking = new AbortController();
    try {
      const query = new URLSearchParams({ q: field.value });
      const answer = await fetch(`${field.dataset.suggest}?${query}`, { signal: asking.signal, redirect: "error" });
      showSuggestions(field, answer.ok ? await answer.text() : "");
    } catch (error) {
      if (error.name !== "AbortError") hideSuggestions(field);
    }
  }
  function walkSuggestions(field, step) {
    const options = all("[role=option]", listUnder(field));
    const now = options.findIndex((option) => option.id === field.getAttribute("aria-activedescendant"));
    const next = options[now < 0 ? (step > 0 ? 0 : options.length - 1) : now + step];
    options.forEach((option) => option.setAttribute("aria-selected", String(option === next)));
    if (next) field.setAttribute("aria-activedescendant", next.id); else field.removeAttribute("aria-activedescendant");
    next?.scrollIntoView({ block: "nearest" });
  }
  document.addEventListener("input", (event) => {
    const field = event.target;
    if (!field.matches("[data-suggest]")) return;
    clearTimeout(typing);
    if (field.value.trim().length < 2) hideSuggestions(field); else typing = setTimeout(askSuggestions, 120, field);
  });
  document.addEventListener("keydown", (event) => {
    const field = event.target;
    if (!field.matches?.("[data-suggest]") || event.isComposing || !open(listUnder(field))) return;
    const chosen = document.getElementById(field.getAttribute("aria-activedescendant"));
    if (event.key === "ArrowDown" || event.key === "ArrowUp") walkSuggestions(field, event.key === "ArrowDown" ? 1 : -1);
    else if (event.key === "Escape") hideSuggestions(field);
    else if (event.key === "Enter" && chosen && !event.ctrlKey && !event.metaKey) location.href = chosen.dataset.href;
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, true);
  document.addEventListener("focusout", (event) => { if (event.target.matches("[data-suggest]")) hideSuggestions(event.target); });
  document.addEventListener("submit", (event) => all("[data-suggest]", event.target).forEach(hideSuggestions));
  document.addEventListener("mousedown", (event) => { if (event.target.closest(".suggest")) event.preventDefault(); });
  document.addEventListener("click", (event) => {
    const option = event.target.closest?.(".suggest [data-href]");
    if (option) location.href = option.dataset.href;
  });
})();
