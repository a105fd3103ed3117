// The state of the page, as core/ui/page/state.py defines it: kept in this browser, sent with every call.
window.anisvd = (() => {
  const KEPT = "anisvd"; // localStorage: the visitor's own
  const DRAFT = "anisvd-draft"; // sessionStorage: what this tab made of a list that somebody shared
  const LANGUAGE = "anisvd-language"; // localStorage: if the visitor chose one
  const TASTE = ["ratings", "unseen", "hidden", "planned"]; // what two tabs of one browser have in common
  const VIEW = ["tab", "user", "like"]; // what the Back button goes back through; the history keeps it
  const LONGEST_PAST = 50;
  const PATIENCE = 250; // milliseconds until the page says that it waits

  let state = {};
  let shared = false;
  let past = []; // what Undo goes back to
  let waiting;
  let asked = null; // what the server was asked and has not answered
  const triggers = {};

  // Storage may be blocked, full, or hold what is not ours: the page works without.
  const store = (kind, act) => {
    try {
      return act(window[kind]);
    } catch {
      return null;
    }
  };
  const read = (kind, key) => store(kind, (storage) => JSON.parse(storage.getItem(key)));
  const write = (kind, key, value) => store(kind, (storage) => (storage.setItem(key, JSON.stringify(value)), true));
  const language = () => read("localStorage", LANGUAGE) ?? navigator.language.split("-")[0];
  const pick = (from, names) => Object.fromEntries(names.map((name) => [name, from?.[name] ?? null]));
  const without = (from, names) => Object.fromEntries(Object.entries(from ?? {}).filter(([name]) => !names.includes(name)));

  const call = (event) => {
    anisvd.painted();
    clearTimeout(waiting);
    waiting = setTimeout(() => document.body.classList.add("busy"), PATIENCE);
    triggers.change?.(event);
  };
  const send = () => call("submit");
  const persist = () => {
    const done = shared
      ? write("sessionStorage", DRAFT, { query: location.search, state })
      : write("localStorage", KEPT, without(state, VIEW));
    document.body.classList.toggle("forgetful", !done);
  };
  const remember = () => (past = [...past.slice(1 - LONGEST_PAST), { state, shared, search: location.search }]);
  const address = (search) => history.replaceState({ view: pick(state, VIEW) }, "", location.pathname + search);

  // Only the server knows which lists two people exchange, and what a link holds. It answers with the changes.
  const ask = (request) =>
    new Promise((resolve) => {
      asked = { request, resolve };
      call("apply");
    });
  // Where the page names both people, they are in their own places again.
  const follow = async () => {
    if (!state.swapped || state.tab !== "together") return send();
    const changes = await ask({});
    state = { ...state, ...changes };
    persist();
    send();
  };

  addEventListener("storage", (event) => {
    if (event.key !== KEPT || shared) return;
    past = []; // to go back would undo what the other tab did
    state = { ...state, ...pick(read("localStorage", KEPT), TASTE) };
    send();
  });
  addEventListener("popstate", (event) => {
    state = { ...state, ...pick(event.state?.view, VIEW) };
    follow();
  });
  addEventListener("online", send);

  return {
    get state() {
      return state;
    },
    connect(what, trigger) {
      triggers[what] = trigger;
    },
    // Of text that stands in the page already: all of it comes anew, in the chosen language.
    speak(chosen) {
      write("localStorage", LANGUAGE, chosen);
      location.reload();
    },
    search: () => triggers.search?.("submit"),
    opening() {
      const draft = read("sessionStorage", DRAFT);
      const same = draft?.query === location.search;
      const kept = read("localStorage", KEPT);
      const view = history.state?.view; // of a page that was reloaded
      return { language: language(), query: location.search, kept: view ? { ...kept, ...view } : kept, draft: same ? { ...draft.state, ...view } : null };
    },
    adopt(opened) {
      ({ state, shared } = opened);
      address(location.search);
      anisvd.painted();
      anisvd.shown();
    },
    sending: () => ({
      state,
      shared,
      language: language(),
      query: document.querySelector("#search")?.value,
      wall: [...document.querySelectorAll("#wall li[data-id]")].map((tile) => Number(tile.dataset.id)),
      all: document.body.classList.contains("all-ratings"),
    }),
    shown() {
      clearTimeout(waiting);
      document.body.classList.remove("busy");
    },
    send,
    // Changes the state. `text` says what happened.
    commit(changes, text) {
      const moves = VIEW.some((name) => name in changes);
      if (Object.keys(changes).some((name) => !VIEW.includes(name))) remember();
      state = { ...state, ...changes };
      if (moves) history.pushState({ view: pick(state, VIEW), pushed: true }, "");
      persist();
      follow();
      anisvd.tell(text, true);
    },
    ask,
    asking() {
      if (asked) asked.state = state;
      return { state, ...asked?.request };
    },
    answered(changes) {
      if (!asked) return;
      if (asked.state !== state) return call("apply"); // the state has changed meanwhile
      const { resolve } = asked;
      asked = null;
      anisvd.shown();
      resolve(changes);
    },
    undo() {
      const last = past.pop();
      if (!last) return anisvd.tell(anisvd.say("nothing"));
      state = last.shared === shared ? { ...last.state, ...pick(state, VIEW) } : last.state;
      shared = last.shared;
      address(last.search);
      persist();
      send();
      anisvd.tell(anisvd.say("undone"));
    },
    // A shared list becomes the visitor's own, or makes way for it.
    settle(keep) {
      const own = read("localStorage", KEPT) ?? {};
      past = [keep ? { state: own, shared: false, search: "" } : { state, shared, search: location.search }];
      if (!keep) state = own;
      shared = false;
      store("sessionStorage", (storage) => storage.removeItem(DRAFT));
      persist();
      const foreign = [...new URLSearchParams(location.search)].filter(([name]) => name.startsWith("__"));
      address(foreign.length ? `?${new URLSearchParams(foreign)}` : "");
      send();
      anisvd.tell(anisvd.say(keep ? "kept" : "left"), true);
    },
  };
})();
