// Reactions to taps and keys, and what the page does without the server.
(() => {
  const DOUBLE_TAP = 600; // milliseconds in which a second tap on the same tile of the wall is ignored
  const $ = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const list = (field) => anisvd.state[field] ?? [];
  const id = (button) => Number(button.closest("[data-id]").dataset.id);
  const name = (button) => button.closest("[data-name]").dataset.name;
  const say = (key, facts) => anisvd.say(key, facts);
  const cleared = (fields) => Object.fromEntries(fields.map((field) => [field, null])); // null is the default
  const plain = (text) => (/^-?\d+$/.test(text) ? Number(text) : text);
  const toggled = (field, value) =>
    list(field).includes(value) ? list(field).filter((other) => other !== value) : [...list(field), value];
  let focusNext = null; // selector of the element to focus after the next answer

  const actions = {
    rate(button, value) {
      const anime = id(button);
      const index = list("ratings").findIndex(([other]) => other === anime);
      const rated = [anime, Number(value)];
      const rest = list("ratings").filter(([other]) => other !== anime);
      const ratings = value === "" ? rest : index < 0 ? [...rest, rated] : list("ratings").with(index, rated);
      const key = value === "" ? "removed" : Number(value) < 0 ? "seen" : "rated";
      const isFromSearch = button.closest("#found");
      if (button.role === "radio") button.setAttribute("aria-checked", "true"); // before the answer
      const others = (field) => list(field).filter((other) => other !== anime);
      const dropped = value === "" ? others("dropped") : list("dropped");
      anisvd.commit({ ratings, dropped, unseen: others("unseen"), planned: others("planned") }, say(key, { title: name(button), rating: value }));
      if (isFromSearch) clearSearch();
    },
    toggle(button, value, field) {
      if (value === undefined) return anisvd.commit({ [field]: !anisvd.state[field] });
      const more = !list(field).includes(plain(value));
      const key = { hidden: "hidden", unseen: "unseen", planned: more && "planned" }[field];
      if (button.ariaPressed) button.ariaPressed = more; // before the answer
      const title = key && button.closest("[data-name]")?.dataset.name;
      anisvd.commit({ [field]: toggled(field, plain(value)) }, title && say(key, { title }));
    },
    want(button, value, field) {
      const exclude = `exclude_${field}`;
      const wanted = list(field).includes(value);
      const unwanted = list(exclude).includes(value);
      const less = (name) => list(name).filter((other) => other !== value);
      anisvd.commit({
        [field]: wanted || unwanted ? less(field) : [...list(field), value],
        [exclude]: wanted ? [...list(exclude), value] : less(exclude),
      });
    },
    narrow(button, value, field) {
      anisvd.commit({ [field]: toggled(field, value) }, button.textContent);
      clearSearch();
    },
    lookup(button, value) {
      searchBox().value = value;
      searchBox().focus({ preventScroll: true });
      anisvd.search();
    },
    set(element, value, field) {
      if (element.reportValidity && !element.reportValidity()) return;
      const changes = { [field]: value === "" ? null : plain(value) };
      const years = { ...anisvd.state, ...changes };
      const turned = years.min_year && years.max_year && years.min_year > years.max_year;
      anisvd.commit(turned ? { min_year: years.max_year, max_year: years.min_year } : changes, element.title);
    },
    reset: (button, value, field) => anisvd.commit({ [field]: null }),
    defaults() {
      const people = ["ratings", "complete", "unseen", "hidden", "planned", "dropped", "preferred", "passed", "others", "handed", "tab", "user", "like"];
      anisvd.commit(cleared(Object.keys(anisvd.state).filter((field) => !people.includes(field))), say("defaults"));
    },
    visit(button, value, field) {
      focusNext = { like: "#results-heading", user: "#panel-more .notice, #person-heading" }[field];
      anisvd.commit({ like: null, [field]: plain(value) });
      if (field === "like") $("#results").scrollIntoView();
      if (field === "tab") scrollTo(0, 0); // on a phone the tabs are in reach far below what they open
    },
    back: () => (history.state?.pushed ? history.back() : anisvd.commit({ like: null })),
    // Puts a title first on the wall, in view. The wall keeps that order: see `sending` in store.js.
    ask(button, value) {
      if (anisvd.state.tab !== "rate") anisvd.commit({ tab: "rate" });
      const tile = $(`#wall li[data-id="${value}"]`);
      if (!tile) return; // the list is older than the wall
      for (const other of all("#wall li.asked")) other.classList.remove("asked");
      tile.classList.add("asked");
      tile.parentElement.prepend(tile);
      tile.parentElement.scrollLeft = 0;
      tile.scrollIntoView({ block: "center" });
      $("[role=radio][tabindex='0']", tile).focus({ preventScroll: true });
      focusNext = `#wall li[data-id="${value}"] [role=radio][tabindex="0"]`;
    },
    skip: () => anisvd.commit({ unseen: [...list("unseen"), ...all("#wall li[data-id]").map(id)] }, say("skip")),
    clear: () => anisvd.commit({ ratings: [], complete: null, dropped: null, without: [] }, say("clear")),
    undo() {
      dispatchEvent(new Event("anisvd:undo"));
      anisvd.undo();
    },
    keep: () => anisvd.settle(true),
    leave: () => anisvd.settle(false),
    start(button) {
      const ratings = JSON.parse(button.dataset.ratings);
      anisvd.commit({ ratings, complete: true, dropped: null, without: [], tab: "rate", user: null, like: null }, say("start", { n: ratings.length }));
    },
    choose(button) {
      focusNext = "#choice button, #wall-heading";
      const more = (field) => [...list(field), ...JSON.parse(button.dataset[field])];
      anisvd.commit({ preferred: more("preferred"), passed: more("passed") });
    },
    rechoose: () => anisvd.commit({ preferred: [], passed: [] }),
    borrow(button) {
      anisvd.commit({ ratings: JSON.parse(button.dataset.ratings), complete: null, without: [], like: null }, button.dataset.text);
    },
    surprise(button, value, field = "user") {
      const users = all("#users option").map((option) => option.value);
      const others = users.filter((other) => Number(other) !== anisvd.state[field]);
      const user = others[Math.floor(Math.random() * others.length)];
      if (user) actions[field === "user" ? "visit" : "addUser"](button, user, field);
    },
    results() {
      $("#results").scrollIntoView();
      $("#results-heading").focus({ preventScroll: true });
    },
    everything() {
      document.body.classList.add("all-ratings");
      anisvd.send();
    },
    // Opens or closes the filters: a sheet on a phone.
    refine(button) {
      const opener = $(".refine");
      const isOpen = document.body.classList.toggle("refining");
      opener.setAttribute("aria-expanded", isOpen);
      if (isOpen) $("#controls-heading").focus({ preventScroll: true });
      else if (button?.closest(".sheet-foot")) actions.results();
      else opener.focus({ preventScroll: true });
    },
    async share() {
      const address = `${location.origin}${location.pathname}?${$("#results [data-link]").dataset.link}`;
      try {
        await navigator.clipboard.writeText(address);
        anisvd.tell(say("link"));
      } catch {
        prompt(say("copy"), address); // no clipboard without https
      }
    },
    explore(button) {
      const { dataset } = button.closest(".map");
      delete dataset.asked;
      delete dataset.failed;
      explore();
    },
    theme() {
      anisvdFirst.theme(document.body.classList.contains("dark") ? "light" : "dark");
    },
  };

  // After a tap another title may lie under the resting pointer: its stars fill only once the pointer has moved.
  const MOVED = 4; // pixels
  let rest = null;
  addEventListener("pointermove", ({ clientX, clientY }) => {
    if (!rest || Math.hypot(clientX - rest.x, clientY - rest.y) < MOVED) return;
    rest = null;
    document.body.classList.remove("resting");
  });

  let lastTap = { index: -1, time: -Infinity };
  const run = (element, value) => {
    if (anisvdFirst.is(element)) return anisvdFirst.keep(element, value);
    const tile = element.closest("#wall li");
    if (tile) {
      const index = all("#wall li").indexOf(tile);
      const isDouble = index === lastTap.index && performance.now() - lastTap.time < DOUBLE_TAP;
      if (isDouble) return; // meant for the title before
      lastTap = { index, time: performance.now() };
    }
    actions[element.dataset.do](element, value, element.dataset.field);
  };
  addEventListener("click", (event) => {
    const button = event.target.closest?.("button[data-do]");
    if (!button) return;
    rest = { x: event.clientX, y: event.clientY };
    document.body.classList.add("resting");
    run(button, button.dataset.value);
  });
  addEventListener("change", (event) => {
    const { target } = event;
    if (target.matches?.("select[data-do], input[data-do]")) run(target, target.value);
    if (target.matches?.("[data-sort]")) sortRows(target.dataset.sort, target.value);
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
    const wanted = event.target.value.trim().toLowerCase();
    const rows = all(`#${event.target.dataset.filter}-list > li`);
    for (const row of rows) row.hidden = !(row.dataset.names ?? row.dataset.name).toLowerCase().includes(wanted);
  });

  // The rows of a list that is searched and sorted here: the history of a user, or My list.
  const sortRows = (name, by) => {
    const rows = all(`#${name}-list > li`);
    const order = { name: (a, b) => a.dataset.name.localeCompare(b.dataset.name) };
    rows.sort(order[by] ?? ((a, b) => Number(b.dataset[by]) - Number(a.dataset[by])));
    $(`#${name}-list`).append(...rows);
  };

  const searchBox = () => $("#search");
  const clearSearch = () => {
    searchBox().value = "";
    searchBox().focus({ preventScroll: true });
    anisvd.search();
  };

  // Keys: / goes to the search, arrows move through search results, scales and tabs, digits rate.
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
    if (key === "/" && !typing) all("#search, #map-search").find((box) => box.checkVisibility())?.focus();
    else if (target === searchBox() && rows.length && (key === "ArrowDown" || key === "Enter")) focusRow(rows[0]);
    else if (target === searchBox() && key === "Enter" && $("#found .guesses button")) $("#found .guesses button").click();
    else if (key === "Escape" && (row || target === searchBox())) clearSearch();
    else if (key === "Escape" && opened) {
      opened.open = false;
      $("summary", opened).focus();
    } else if (key === "Escape" && target.closest("#controls")) actions.refine();
    else if (row && key === "ArrowUp" && row === rows[0]) searchBox().focus();
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

  // An answer may replace the focused element. The nearest similar element gets the focus, or the heading.
  let held = null;
  const hold = () => {
    const element = document.activeElement;
    const part = element?.closest(".block.part");
    if (part) held = { part, action: element.dataset.do, index: all("button, select, a", part).indexOf(element) };
  };
  const restore = () => {
    const next = focusNext && $(focusNext);
    focusNext = null;
    const lost = document.activeElement === document.body && held;
    const { part, action, index } = held ?? {};
    held = null;
    if (!next && !lost) return;
    const visible = (element) => element.checkVisibility({ visibilityProperty: true }) && !element.hidden;
    const alike = lost && all(`[data-do="${action}"]`, part).filter(visible);
    const nearest = alike?.find((element) => all("button, select, a", part).indexOf(element) >= index) ?? alike?.at(-1);
    const target = next || nearest || $("h2", part) || searchBox();
    if (!target.matches("button, a, input, select")) target.tabIndex = -1;
    target.focus({ preventScroll: !next });
  };

  // The number of active filters on the button that opens them, and of titles on the one that closes the sheet.
  const countFilters = () => {
    const [badge, close] = [$(".n-filters"), $(".sheet-foot button")];
    const n = all("#results .wishes li").length;
    badge.textContent = n;
    badge.hidden = !n;
    if (close) close.textContent = $("#results [data-show]")?.dataset.show;
  };

  // Loads the scripts and the data of the map when its tab is open.
  const MAP_SCRIPTS = ["map_labels", "map_input", "map_search", "map_view", "map_picture", "map"];
  const version = new URL(document.currentScript.src).search;
  let mapScripts = null;
  const loaded = (name) =>
    new Promise((onload, onerror) => {
      document.head.append(Object.assign(document.createElement("script"), { src: `anisvd/${name}.js${version}`, async: false, onload, onerror }));
    });
  const explore = async () => {
    const root = $("#map:not([data-asked])");
    if (!root) return;
    root.dataset.asked = "true";
    try {
      await (mapScripts ??= Promise.all(MAP_SCRIPTS.map(loaded)));
    } catch {
      mapScripts = null;
    }
    await anisvd.map?.(root).catch(() => {});
    root.dataset.failed = !root.dataset.ready;
  };

  const shown = anisvd.shown;
  Object.assign(anisvd, {
    // For the other scripts, which add their actions, and hear of "anisvd:shown" after each answer.
    // `focus` takes the selector of the element to focus after the next answer.
    tools: { $, all, list, id, name, say, actions, focus: (selector) => (focusNext = selector) },
    // What was tapped and typed before the page was ready: see assets/first.js.
    tap(selector, value) {
      const element = $(selector);
      if (element?.matches("[data-do]")) run(element, value);
      else element?.click();
    },
    type(text) {
      searchBox().value = text;
      anisvd.search();
    },
    spoken: () => $("#masthead").dataset.language,
    // Returns a text of core/ui/languages with facts in its places.
    say(key, facts = {}) {
      return anisvd.fill(JSON.parse($("#masthead").dataset.words)[key], facts);
    },
    fill(text, facts = {}) {
      const form = typeof text === "string" ? text : text[new Intl.PluralRules(anisvd.spoken()).select(facts.n)] ?? text.other;
      return form.replace(/{(\w+)}/g, (match, fact) => facts[fact] ?? match);
    },
    shown() {
      shown();
      $(".own-window").href = `./?${$("#results [data-link]").dataset.link}`;
      restore();
      countFilters();
      explore();
      dispatchEvent(new Event("anisvd:shown"));
    },
    // Shows what happened, also for screen readers. Without a text it hides the last message.
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
    // Updates what follows the state without the server.
    painted() {
      document.documentElement.lang = anisvd.spoken();
      document.title = $("#masthead").dataset.title;
      document.body.dataset.tab = anisvd.state.tab ?? "rate";
      hold();
      for (const tab of all("[role=tab][data-do=visit]")) {
        const selected = tab.dataset.states.split(" ").includes(document.body.dataset.tab);
        tab.setAttribute("aria-selected", selected);
        tab.tabIndex = selected ? 0 : -1;
        if (!selected) continue;
        const panel = $("#" + tab.getAttribute("aria-controls"));
        panel.setAttribute("role", "tabpanel");
        panel.setAttribute("aria-labelledby", tab.id);
      }
    },
  });

  // A drawn cover lies behind each image, and shows if that fails.
  addEventListener("error", ({ target }) => target.matches?.(".cover img") && target.remove(), true);

  // Gradio patches the page in place: an image whose address changes would show the old cover until the new one
  // is loaded. A new element shows the drawn cover instead.
  new MutationObserver((changes) => {
    for (const { target } of changes) if (target.isConnected) target.replaceWith(target.cloneNode());
  }).observe(document, { subtree: true, attributes: true, attributeFilter: ["src"] });
})();
