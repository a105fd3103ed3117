// The state of the page, as core/ui/state.py defines it: kept in this browser, sent with every call.
window.anisvd = (() => {
  const KEPT = "anisvd"; // localStorage: the visitor's own
  const DRAFT = "anisvd-draft"; // sessionStorage: what this tab made of a list that somebody shared
  const TASTE = ["ratings", "unseen", "hidden"]; // what two tabs of one browser have in common
  const VIEW = ["tab", "user", "like"]; // what the Back button goes back through; the history keeps it
  const LONGEST_PAST = 50;
  const PATIENCE = 250; // milliseconds until the page says that it waits

  let state = {};
  let shared = false;
  let past = []; // what Undo goes back to
  let waiting;
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
  const pick = (from, names) => Object.fromEntries(names.map((name) => [name, from?.[name] ?? null]));
  const without = (from, names) => Object.fromEntries(Object.entries(from ?? {}).filter(([name]) => !names.includes(name)));

  const send = () => {
    anisvd.painted();
    clearTimeout(waiting);
    waiting = setTimeout(() => document.body.classList.add("busy"), PATIENCE);
    triggers.change?.("submit");
  };
  const persist = () => {
    const done = shared
      ? write("sessionStorage", DRAFT, { query: location.search, state })
      : write("localStorage", KEPT, without(state, VIEW));
    document.body.classList.toggle("forgetful", !done);
  };
  const remember = () => (past = [...past.slice(1 - LONGEST_PAST), { state, shared, search: location.search }]);
  const address = (search) => history.replaceState({ view: pick(state, VIEW) }, "", location.pathname + search);

  addEventListener("storage", (event) => {
    if (event.key !== KEPT || shared) return;
    past = []; // to go back would undo what the other tab did
    state = { ...state, ...pick(read("localStorage", KEPT), TASTE) };
    send();
  });
  addEventListener("popstate", (event) => {
    state = { ...state, ...pick(event.state?.view, VIEW) };
    send();
  });
  addEventListener("online", () => send());

  return {
    get state() {
      return state;
    },
    connect(what, trigger) {
      triggers[what] = trigger;
    },
    search: () => triggers.search?.("submit"),
    opening() {
      const draft = read("sessionStorage", DRAFT);
      const same = draft?.query === location.search;
      const kept = read("localStorage", KEPT);
      const view = history.state?.view; // of a page that was reloaded
      return { query: location.search, kept: view ? { ...kept, ...view } : kept, draft: same ? { ...draft.state, ...view } : null };
    },
    adopt(opened) {
      ({ state, shared } = opened);
      address(location.search);
      anisvd.painted();
    },
    sending: () => ({
      state,
      shared,
      query: document.querySelector("#search")?.value,
      wall: [...document.querySelectorAll("#wall li[data-id]")].map((tile) => Number(tile.dataset.id)),
      all: document.body.classList.contains("all-ratings"),
    }),
    shown() {
      clearTimeout(waiting);
      document.body.classList.remove("busy");
    },
    send,
    // Every change of the state goes through here; `said` tells the visitor what happened.
    commit(changes, said) {
      const moves = VIEW.some((name) => name in changes);
      if (Object.keys(changes).some((name) => !VIEW.includes(name))) remember();
      state = { ...state, ...changes };
      if (moves) history.pushState({ view: pick(state, VIEW), pushed: true }, "");
      persist();
      send();
      anisvd.tell(said, true);
    },
    undo() {
      const last = past.pop();
      if (!last) return anisvd.tell("There is nothing to undo.");
      state = last.shared === shared ? { ...last.state, ...pick(state, VIEW) } : last.state;
      shared = last.shared;
      address(last.search);
      persist();
      send();
      anisvd.tell("Undone.");
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
      anisvd.tell(keep ? "This list is yours now." : "Back to your own list.", true);
    },
  };
})();
