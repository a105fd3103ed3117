// What visitors do: taps, keys, and the few things that need no answer from the server.
(() => {
  const SAME_PLACE = 600; // milliseconds in which a second tap on the same place of the wall is none
  const $ = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const list = (field) => anisvd.state[field] ?? [];
  const id = (button) => Number(button.closest("[data-id]").dataset.id);
  const name = (button) => button.closest("[data-name]").dataset.name;
  const plain = (text) => (/^-?\d+$/.test(text) ? Number(text) : text);
  const toggled = (field, value) =>
    list(field).includes(value) ? list(field).filter((other) => other !== value) : [...list(field), value];
  let focusNext = null; // where the focus goes when the answer is there

  const actions = {
    rate(button, value) {
      const anime = id(button);
      const at = list("ratings").findIndex(([other]) => other === anime);
      const rated = [anime, Number(value)];
      const rest = list("ratings").filter(([other]) => other !== anime);
      const ratings = value === "" ? rest : at < 0 ? [...rest, rated] : list("ratings").with(at, rated);
      const words = value === "" ? "Removed" : Number(value) < 0 ? "Seen" : `Rated ${value}`;
      const searched = button.closest("#found");
      if (button.role === "radio") button.setAttribute("aria-checked", "true"); // at once, whatever the network
      anisvd.commit({ ratings, unseen: list("unseen").filter((other) => other !== anime) }, `${words}: ${name(button)}`);
      if (searched) clearSearch();
    },
    toggle(button, value, field) {
      if (value === undefined) return anisvd.commit({ [field]: !anisvd.state[field] });
      const said = { hidden: "Not interested", unseen: "Not seen" }[field];
      const no = field === "exclude_genres" && !list(field).includes(value) ? `No more ${value}` : "";
      anisvd.commit({ [field]: toggled(field, plain(value)) }, said ? `${said}: ${name(button)}` : no);
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
    set(element, value, field) {
      if (element.reportValidity && !element.reportValidity()) return;
      const changes = { [field]: value === "" ? null : plain(value) };
      const years = { ...anisvd.state, ...changes };
      const turned = years.min_year && years.max_year && years.min_year > years.max_year;
      anisvd.commit(turned ? { min_year: years.max_year, max_year: years.min_year } : changes);
    },
    reset: (button, value, field) => anisvd.commit({ [field]: null }),
    defaults() {
      const kept = ["ratings", "unseen", "hidden", "tab", "user", "like"];
      const cleared = Object.keys(anisvd.state).filter((field) => !kept.includes(field));
      anisvd.commit(Object.fromEntries(cleared.map((field) => [field, null])), "Everything is as at the start.");
    },
    visit(button, value, field) {
      focusNext = { like: "#results-heading", user: "#person .notice, #person-heading" }[field];
      anisvd.commit({ like: null, [field]: plain(value) });
      if (field === "like") $("#results").scrollIntoView();
    },
    back: () => (history.state?.pushed ? history.back() : anisvd.commit({ like: null })),
    skip: () => anisvd.commit({ unseen: [...list("unseen"), ...all("#wall li[data-id]").map(id)] }, "How about these?"),
    clear: () => anisvd.commit({ ratings: [], without: [] }, "All ratings removed."),
    undo: () => anisvd.undo(),
    keep: () => anisvd.settle(true),
    leave: () => anisvd.settle(false),
    start(button) {
      const ratings = JSON.parse(button.dataset.ratings);
      const said = `You start from ${ratings.length} titles of this user.`;
      anisvd.commit({ ratings, without: [], tab: "rate", user: null, like: null }, said);
    },
    surprise(button) {
      const users = all("#users option").map((option) => option.value);
      const others = users.filter((user) => Number(user) !== anisvd.state.user);
      if (others.length) actions.visit(button, others[Math.floor(Math.random() * others.length)], "user");
    },
    results() {
      $("#results").scrollIntoView();
      $("#results-heading").focus({ preventScroll: true });
    },
    everything() {
      document.body.classList.add("all-ratings");
      anisvd.send();
    },
    refine(button) {
      button.setAttribute("aria-expanded", document.body.classList.toggle("refining"));
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
      anisvd.theme(document.body.classList.contains("dark") ? "light" : "dark");
    },
  };

  let lastTap = { place: -1, at: -Infinity };
  const run = (element, value) => {
    const tile = element.closest("#wall li");
    if (tile) {
      const place = all("#wall li").indexOf(tile);
      const again = place === lastTap.place && performance.now() - lastTap.at < SAME_PLACE;
      if (again) return; // meant for the title that stood here before
      lastTap = { place, at: performance.now() };
    }
    actions[element.dataset.do](element, value, element.dataset.field);
  };
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
  const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  const step = (elements, from, by) => elements[(elements.indexOf(from) + by + elements.length) % elements.length];
  const focusRow = (row) => $("[role=radio][tabindex='0']", row).focus();
  addEventListener("keydown", (event) => {
    const { key, target } = event;
    const typing = target.matches("input, textarea, select");
    const rows = all("#found li");
    const row = target.closest("#found li");
    const group = target.closest("[role=radiogroup], [role=tablist]");
    const rateable = target.closest("[data-id]");
    const opened = target.closest("details[open]");
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (key === "/" && !typing) searchBox().focus();
    else if (target === searchBox() && rows.length && (key === "ArrowDown" || key === "Enter")) focusRow(rows[0]);
    else if (key === "Escape" && (row || target === searchBox())) clearSearch();
    else if (key === "Escape" && opened) {
      opened.open = false;
      $("summary", opened).focus();
    } else if (row && key === "ArrowUp" && row === rows[0]) searchBox().focus();
    else if (row && (key === "ArrowDown" || key === "ArrowUp")) focusRow(step(rows, row, STEPS[key]));
    else if (group && key in STEPS) step(all("[role=radio], [role=tab]", group), target, STEPS[key]).focus();
    else if (!typing && /^\d$/.test(key) && rateable) {
      const wanted = key === "0" ? 10 : Number(key);
      const radios = all("[role=radio]", rateable);
      if (!radios.length || wanted > Number(radios.at(-1).dataset.value)) return;
      const exact = radios.find((radio) => Number(radio.dataset.value) === wanted);
      run(exact ?? radios[0], String(wanted));
    } else return;
    event.preventDefault();
  });

  // An answer may take away what had the focus: it goes to what stands there now, or to its heading.
  let held = null;
  const hold = () => {
    const element = document.activeElement;
    const part = element?.closest(".block.part");
    if (part) held = { part, what: element.dataset.do, place: all("button, select, a", part).indexOf(element) };
  };
  const restore = () => {
    const next = focusNext && $(focusNext);
    focusNext = null;
    const lost = document.activeElement === document.body && held;
    const { part, what, place } = held ?? {};
    held = null;
    if (!next && !lost) return;
    const visible = (element) => element.checkVisibility({ visibilityProperty: true }) && !element.hidden;
    const alike = lost && all(`[data-do="${what}"]`, part).filter(visible);
    const nearest = alike?.find((element) => all("button, select, a", part).indexOf(element) >= place) ?? alike?.at(-1);
    const target = next || nearest || $("h2", part) || searchBox();
    if (!target.matches("button, a, input, select")) target.tabIndex = -1;
    target.focus({ preventScroll: !next });
  };

  const shown = anisvd.shown;
  Object.assign(anisvd, {
    shown() {
      shown();
      restore();
    },
    // What happened, for eyes and for screen readers; nothing to say: what was said before is over.
    tell(text, undoable = false) {
      const toast = $("#toast");
      clearTimeout(anisvd.quiet);
      toast.classList.toggle("shown", Boolean(text));
      $("#said").textContent = text ?? "";
      if (!text) return;
      $("p", toast).textContent = text;
      $("button", toast).hidden = !undoable;
      anisvd.quiet = setTimeout(() => toast.classList.remove("shown"), 6000);
    },
    theme(chosen) {
      try {
        if (chosen) localStorage.setItem("anisvd-theme", chosen);
        chosen ??= localStorage.getItem("anisvd-theme");
      } catch {
        // Not kept, but done.
      }
      if (chosen) document.body.classList.toggle("dark", chosen === "dark");
    },
    // What of the page follows the state without the server.
    painted() {
      if (!("tab" in document.body.dataset)) anisvd.theme();
      document.body.dataset.tab = anisvd.state.tab ?? "rate";
      hold();
      for (const tab of all("[role=tab][data-do=visit]")) {
        const selected = tab.dataset.value === document.body.dataset.tab;
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
