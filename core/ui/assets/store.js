// The state of the page, as core/ui/state.py defines it: kept in this browser, sent with every call.
window.anisvd = (() => {
  const KEPT = "anisvd"; // localStorage: the visitor's own
  const DRAFT = "anisvd-draft"; // sessionStorage: what this tab made of a list that somebody shared
  const TASTE = ["ratings", "unseen", "hidden"]; // what two tabs of one browser have in common
  const VIEW = ["tab", "user", "like"]; // what the Back button goes back through
  const LONGEST_PAST = 50;

  let state = {};
  let shared = false;
  let past = [];
  const triggers = {};

  const read = (storage, key) => {
    try {
      return JSON.parse(storage.getItem(key));
    } catch {
      return null; // blocked, or not ours
    }
  };
  const write = (storage, key, value) => {
    try {
      if (value === null) storage.removeItem(key);
      else storage.setItem(key, JSON.stringify(value));
    } catch {
      anisvd.tell("Your browser keeps no data for this page: after a reload your ratings are gone.");
    }
  };
  const pick = (from, names) => Object.fromEntries(names.map((name) => [name, from[name] ?? null]));
  const send = () => {
    document.body.dataset.tab = state.tab ?? "rate";
    anisvd.painted?.();
    triggers.change?.("submit");
  };
  const persist = () => {
    if (shared) write(sessionStorage, DRAFT, { query: location.search, state });
    else write(localStorage, KEPT, state);
  };
  const withoutLink = () => {
    const foreign = [...new URLSearchParams(location.search)].filter(([name]) => name.startsWith("__"));
    history.replaceState(pick(state, VIEW), "", location.pathname + (foreign.length ? "?" + new URLSearchParams(foreign) : ""));
  };

  addEventListener("storage", (event) => {
    if (event.key !== KEPT || shared) return;
    state = { ...state, ...pick(read(localStorage, KEPT) ?? {}, TASTE) };
    send();
  });
  addEventListener("popstate", (event) => {
    state = { ...state, ...(event.state ?? pick({}, VIEW)) };
    persist();
    send();
  });

  return {
    get state() {
      return state;
    },
    connect(what, trigger) {
      triggers[what] = trigger;
    },
    search: () => triggers.search?.("submit"),
    opening() {
      const draft = read(sessionStorage, DRAFT);
      const same = draft?.query === location.search;
      return { query: location.search, kept: read(localStorage, KEPT), draft: same ? draft.state : null };
    },
    adopt(opened) {
      ({ state, shared } = opened);
      history.replaceState(pick(state, VIEW), "");
      document.body.dataset.tab = state.tab;
      anisvd.painted();
    },
    sending: () => ({ state, shared, query: document.querySelector("#search").value }),
    // Every change of the state goes through here; `said` tells the visitor what happened.
    commit(changes, said) {
      past = [...past.slice(-LONGEST_PAST), state];
      state = { ...state, ...changes };
      if (VIEW.some((name) => name in changes)) history.pushState(pick(state, VIEW), "");
      persist();
      send();
      if (said) anisvd.tell(said, true);
    },
    undo() {
      if (!past.length) return anisvd.tell("There is nothing to undo.");
      state = past.pop();
      persist();
      send();
      anisvd.tell("Undone.");
    },
    // A shared list becomes the visitor's own, or makes way for it.
    settle(keep) {
      const own = read(localStorage, KEPT) ?? {};
      past = [...past, keep ? own : state];
      if (!keep) state = own;
      shared = false;
      write(sessionStorage, DRAFT, null);
      persist();
      withoutLink();
      send();
      anisvd.tell(keep ? "This list is yours now." : "Back to your own list.", true);
    },
  };
})();
