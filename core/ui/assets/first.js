// The first list of a visit, which the server renders (core/ui/first), until Gradio has mounted the page.
// It stands in the head, and decides before the first paint what may be shown.
window.anisvdFirst = (() => {
  const KEPT = "anisvd"; // localStorage: the visitor's own state
  const DRAFT = "anisvd-draft"; // sessionStorage: a shared list with the changes made in this tab
  const LANGUAGE = "anisvd-language"; // localStorage: the visitor's choice
  const THEME = "anisvd-theme"; // localStorage: the visitor's choice
  const AT_ONCE = ["theme", "share"]; // what needs nothing of Gradio's

  const { language: rendered, shared } = document.currentScript.dataset;
  const styles = document.currentScript.previousElementSibling;
  const taps = new Map(); // [selector, value] of what was tapped; a star replaces another one of its title
  const $ = (selector, within = document) => within.querySelector(selector);
  const first = () => $("#first");

  // The page works without storage, which may be blocked, full, or hold anything.
  const store = (kind, act) => {
    try {
      return act(window[kind]);
    } catch {
      return null;
    }
  };
  const read = (kind, key) => store(kind, (storage) => JSON.parse(storage.getItem(key)));
  const write = (kind, key, value) => store(kind, (storage) => (storage.setItem(key, JSON.stringify(value)), true));
  const keeps = () => Boolean(write("localStorage", `${KEPT}-probe`, 1) && store("localStorage", (storage) => (storage.removeItem(`${KEPT}-probe`), true)));
  const language = () => read("localStorage", LANGUAGE) ?? rendered;
  const opening = () => {
    const draft = read("sessionStorage", DRAFT);
    const isSameLink = draft?.query === location.search;
    const kept = read("localStorage", KEPT);
    const view = history.state?.view; // after a reload
    return { language: language(), query: location.search, kept: view ? { ...kept, ...view } : kept, draft: isSameLink ? { ...draft.state, ...view } : null };
  };

  // Asks for the visitor's own page, long before Gradio can.
  const fetchOwn = async (sent) => {
    const answer = await fetch("first", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(sent) });
    if (!answer.ok) return; // Gradio's first event asks again
    const html = await answer.text();
    while (document.readyState === "loading") await new Promise((resolve) => addEventListener("DOMContentLoaded", resolve, { once: true }));
    if (!first()) return;
    first().innerHTML = html;
    document.body.classList.remove("unknown");
  };

  // Gradio chooses the theme of the system when it mounts. The visitor's choice comes first.
  let theme = store("localStorage", (storage) => storage.getItem(THEME)) ?? new URLSearchParams(location.search).get("__theme");
  const paint = () => {
    const dark = theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
    if (document.body.classList.contains("dark") !== dark) document.body.classList.toggle("dark", dark);
  };
  const painting = new MutationObserver(paint);

  const selectors = (element) => {
    const owner = element.closest("[id]");
    if (owner === element) return [`#${owner.id}`, `#${owner.id}`];
    const item = element.closest("[data-id]");
    const attribute = (name) => (element.hasAttribute(name) ? `[${name}="${CSS.escape(element.getAttribute(name))}"]` : "");
    const part = owner === first() ? "gradio-app" : `#${owner.id}`;
    const group = `${part} ${item ? `[data-id="${item.dataset.id}"] ` : ""}${element.localName}${attribute("data-do")}${attribute("data-field")}`;
    const exact = `${group}${attribute("data-value")}`;
    return [exact, element.role === "radio" ? group : exact];
  };
  const keep = (element, value) => {
    const [selector, group] = selectors(element);
    const isUndone = element.role !== "radio" && taps.delete(group);
    if (!isUndone) taps.set(group, [selector, value]);
    if (element.role === "radio") for (const radio of element.parentElement.children) radio.setAttribute("aria-checked", radio === element);
    else element.classList.toggle("pending", !isUndone);
    element.ariaPressed &&= String(element.ariaPressed !== "true");
    const soon = $(".first-soon", first());
    soon.textContent = taps.size ? soon.dataset.text : "";
  };
  addEventListener(
    "click",
    (event) => {
      const button = event.target.closest?.("button[data-do], summary");
      if (!button || !first()?.contains(button)) return;
      if (window.anisvd?.tools && AT_ONCE.includes(button.dataset.do)) return;
      event.preventDefault();
      event.stopPropagation();
      keep(button, button.dataset.value);
    },
    true,
  );
  // Reloads the page, because all its texts change.
  addEventListener("change", ({ target }) => {
    if (!target.matches?.("[data-language-choice]")) return;
    write("localStorage", LANGUAGE, target.value);
    location.reload();
  });

  return {
    KEPT, DRAFT, store, read, write, language, opening, keep,
    theme(chosen) {
      theme = chosen;
      store("localStorage", (storage) => storage.setItem(THEME, chosen));
      paint();
    },
    is: (element) => Boolean(first()?.contains(element)),
    // The body is there, and empty.
    begin() {
      const { classList } = document.body;
      paint();
      painting.observe(document.body, { attributes: true, attributeFilter: ["class"] });
      classList.toggle("forgetful", !keeps());
      classList.toggle("framed", window.top !== window);
      const sent = opening();
      const { tab, user, like } = history.state?.view ?? {}; // after a reload
      const isAsLinked = !user && !like && (tab ?? "rate") === "rate" && !(shared === undefined ? read("localStorage", KEPT) : sent.draft);
      if (isAsLinked && language() === rendered) return;
      classList.add("unknown");
      fetchOwn(sent).catch(() => {});
    },
    // Makes place for the page, which looks alike. Returns what to do there: the taps, what is typed, and the focus.
    leave() {
      const page = first();
      if (!page) return { taps: [] };
      const active = document.activeElement;
      const focus = page.contains(active) && active.matches("button, summary, select, input") && selectors(active)[0];
      const scrolled = $(".wall", page)?.scrollLeft;
      const typed = $("#search", page)?.value;
      painting.disconnect();
      $("gradio-app").before(styles); // after those of Gradio
      page.remove();
      document.body.classList.remove("unknown");
      if (scrolled && $("#wall .wall")) $("#wall .wall").scrollLeft = scrolled;
      if (focus) $(focus)?.focus({ preventScroll: true });
      return { taps: [...taps.values()], typed };
    },
  };
})();
