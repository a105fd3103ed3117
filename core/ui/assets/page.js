// What visitors do: taps, keys, and the few things that need no answer from the server.
(() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const list = (field) => anisvd.state[field] ?? [];
  const id = (button) => Number(button.closest("[data-id]").dataset.id);
  const name = (button) => button.closest("[data-name]").dataset.name;
  const plain = (text) => (text === undefined ? undefined : /^-?\d+$/.test(text) ? Number(text) : text);
  const toggled = (field, value) => {
    const values = list(field);
    return values.includes(value) ? values.filter((other) => other !== value) : [...values, value];
  };
  const go = (view, said) => {
    anisvd.commit(view, said);
    if (view.like) $("#results").scrollIntoView({ block: "start" });
    $(view.like ? "#results-heading" : "#tab-" + (anisvd.state.tab ?? "rate")).focus({ preventScroll: true });
  };

  const actions = {
    rate(button, value) {
      const anime = id(button);
      const rest = list("ratings").filter(([other]) => other !== anime);
      const at = list("ratings").findIndex(([other]) => other === anime);
      const rated = [anime, Number(value)];
      const ratings = value === "" ? rest : at < 0 ? [...rest, rated] : list("ratings").with(at, rated);
      const words = value === "" ? "removed" : Number(value) < 0 ? "seen" : `rated ${value}`;
      const searched = button.closest("#found");
      anisvd.commit({ ratings, unseen: list("unseen").filter((other) => other !== anime) }, `${name(button)}: ${words}`);
      if (searched) clearSearch();
    },
    toggle(button, value, field) {
      if (value === undefined) return anisvd.commit({ [field]: !anisvd.state[field] });
      const said = { hidden: "not interested", unseen: "not seen" }[field];
      const without = field === "exclude_genres" && !list(field).includes(value) ? `No more ${value}` : null;
      anisvd.commit({ [field]: toggled(field, plain(value)) }, said ? `${name(button)}: ${said}` : without);
    },
    genre(button, value) {
      const wanted = list("genres").includes(value);
      const unwanted = list("exclude_genres").includes(value);
      const less = (field) => list(field).filter((other) => other !== value);
      anisvd.commit({
        genres: wanted || unwanted ? less("genres") : [...list("genres"), value],
        exclude_genres: wanted ? [...list("exclude_genres"), value] : less("exclude_genres"),
      });
    },
    set: (button, value, field) => anisvd.commit({ [field]: value === "" ? null : plain(value) }),
    reset: (button, value, field) => anisvd.commit({ [field]: null }),
    defaults() {
      const kept = ["ratings", "unseen", "hidden", "tab", "user", "like"];
      const cleared = Object.keys(anisvd.state).filter((field) => !kept.includes(field));
      anisvd.commit(Object.fromEntries(cleared.map((field) => [field, null])), "Everything is allowed again, as at the start.");
    },
    visit: (button, value, field) => go({ like: null, [field]: plain(value) }),
    back: () => history.back(),
    skip: () => anisvd.commit({ unseen: [...list("unseen"), ...all("#wall li[data-id]").map(id)] }, "Then how about these?"),
    clear: () => anisvd.commit({ ratings: [], without: [] }, "All ratings removed."),
    undo: () => anisvd.undo(),
    keep: () => anisvd.settle(true),
    leave: () => anisvd.settle(false),
    start(button) {
      const ratings = JSON.parse(button.dataset.ratings);
      go({ ratings, without: [], tab: "rate", user: null, like: null }, `You start from ${ratings.length} titles of this user.`);
    },
    surprise() {
      const users = all("#users option").map((option) => option.value);
      const other = users.filter((user) => Number(user) !== anisvd.state.user);
      if (other.length) go({ like: null, user: Number(other[Math.floor(Math.random() * other.length)]) });
    },
    refine(button) {
      const open = document.body.classList.toggle("refining");
      button.setAttribute("aria-expanded", open);
    },
    async share() {
      const address = `${location.origin}${location.pathname}?${$("#results [data-link]").dataset.link}`;
      try {
        await navigator.clipboard.writeText(address);
        anisvd.tell("Link copied: it holds this list and all that it comes from.");
      } catch {
        prompt("Copy this link:", address); // no clipboard without https
      }
    },
    theme() {
      const dark = document.body.classList.toggle("dark");
      localStorage.setItem("anisvd-theme", dark ? "dark" : "light");
    },
  };

  const run = (element, value) => actions[element.dataset.do](element, value, element.dataset.field);
  addEventListener("click", (event) => {
    const button = event.target.closest?.("button[data-do]");
    if (button) run(button, button.dataset.value);
  });
  addEventListener("change", (event) => {
    const { target } = event;
    if (target.matches?.("select[data-do], input[data-do]")) run(target, target.value);
    if (target.matches?.("[data-sort]")) sortHistory(target.value);
  });
  addEventListener("submit", (event) => {
    if (!event.target.matches?.("form[data-do]")) return;
    event.preventDefault();
    const typed = event.target.elements.value.value.trim();
    if (typed) run(event.target, typed);
  });
  addEventListener("input", (event) => {
    if (event.target === searchBox()) anisvd.search();
    if (!event.target.matches?.("[data-filter]")) return;
    const wanted = event.target.value.toLowerCase();
    for (const row of all("#history-list li")) row.hidden = !row.dataset.name.toLowerCase().includes(wanted);
  });

  const sortHistory = (by) => {
    const rows = all("#history-list li");
    const order = { name: (a, b) => a.dataset.name.localeCompare(b.dataset.name) };
    rows.sort(order[by] ?? ((a, b) => Number(b.dataset[by]) - Number(a.dataset[by])));
    $("#history-list").append(...rows);
  };

  const searchBox = () => $("#search");
  const clearSearch = () => {
    searchBox().value = "";
    searchBox().focus({ preventScroll: true });
    anisvd.search();
  };

  // Keys: / searches, arrows move through what was found and within a scale or tabs, digits rate.
  const step = (elements, from, by) => elements[(elements.indexOf(from) + by + elements.length) % elements.length];
  const groups = { radiogroup: "[role=radio]", tablist: "[role=tab]" };
  addEventListener("keydown", (event) => {
    const { key, target } = event;
    const typing = target.matches("input, textarea, select");
    const rows = all("#found li");
    const row = target.closest("#found li");
    const group = target.closest("[role=radiogroup], [role=tablist]");
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (key === "/" && !typing) searchBox().focus();
    else if (target === searchBox() && rows.length && (key === "ArrowDown" || key === "Enter")) focusRow(rows[0]);
    else if (target === searchBox() && key === "Escape") clearSearch();
    else if (row && key === "ArrowUp" && row === rows[0]) searchBox().focus();
    else if (row && (key === "ArrowDown" || key === "ArrowUp")) focusRow(step(rows, row, key === "ArrowDown" ? 1 : -1));
    else if (row && key === "Escape") clearSearch();
    else if (group && (key === "ArrowRight" || key === "ArrowLeft")) {
      step(all(groups[group.getAttribute("role")], group), target, key === "ArrowRight" ? 1 : -1).focus();
    } else if (!typing && /^\d$/.test(key) && target.closest("[data-id]")) {
      const wanted = key === "0" ? "10" : key;
      const button = $(`[role=radio][data-value="${wanted}"]`, target.closest("[data-id]"));
      if (!button) return;
      run(button, wanted);
    } else return;
    event.preventDefault();
  });
  const focusRow = (row) => $("[role=radio][tabindex='0']", row).focus();

  Object.assign(anisvd, {
    // What happened, for eyes and for screen readers.
    tell(text, undoable = false) {
      const toast = $("#toast");
      $("p", toast).textContent = text;
      $("button", toast).hidden = !undoable;
      toast.classList.add("shown");
      clearTimeout(anisvd.quiet);
      anisvd.quiet = setTimeout(() => toast.classList.remove("shown"), 6000);
    },
    // What of the page follows the state without the server.
    painted() {
      const chosen = localStorage.getItem("anisvd-theme");
      if (chosen) document.body.classList.toggle("dark", chosen === "dark");
      for (const tab of all("[role=tab][data-do=visit]")) {
        const selected = tab.dataset.value === (anisvd.state.tab ?? "rate");
        tab.setAttribute("aria-selected", selected);
        tab.tabIndex = selected ? 0 : -1;
        const panel = $("#" + tab.getAttribute("aria-controls"));
        panel.setAttribute("role", "tabpanel");
        panel.setAttribute("aria-labelledby", tab.id);
      }
    },
  });

  // Behind each picture is a drawn cover: one that fails makes way for it.
  addEventListener("error", ({ target }) => target.matches?.(".cover img") && target.remove(), true);

  // Gradio patches the page in place: a picture whose address changes would show the old one until the
  // new one is there. A fresh element shows the drawn cover instead.
  new MutationObserver((changes) => {
    for (const { target } of changes) if (target.isConnected) target.replaceWith(target.cloneNode());
  }).observe(document, { subtree: true, attributes: true, attributeFilter: ["src"] });
})();
