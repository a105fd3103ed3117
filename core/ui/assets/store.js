// The state of the page, as core/ui/page/state.py defines it: kept in this browser, sent with every call.
window.anisvd = (() => {
  const KEPT = "anisvd"; // localStorage: the visitor's own
  const DRAFT = "anisvd-draft"; // sessionStorage: what this tab made of a list that somebody shared
  const LANGUAGE = "anisvd-language"; // localStorage: if the visitor chose one
  const TASTE = ["ratings", "unseen", "hidden", "planned"]; // what two tabs of one browser have in common
  const OTHERS = { ratings: "partner", unseen: "partner_unseen", hidden: "partner_hidden", planned: "partner_planned" };
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
  const language = () => read("localStorage", LANGUAGE) ?? navigator.language.split("-")[0];
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

  // Of two people the one takes the other's place: all that is said from now on is said by them.
  const swapped = (from) => {
    const exchanged = Object.entries(OTHERS).flatMap(([own, other]) => [[own, from[other] ?? []], [other, from[own] ?? []]]);
    return { ...from, ...Object.fromEntries(exchanged), swapped: !from.swapped };
  };
  // Where both are named, everybody is in their place.
  const settled = (from) => (from.swapped && from.tab === "together" ? swapped(from) : from);

  addEventListener("storage", (event) => {
    if (event.key !== KEPT || shared) return;
    past = []; // to go back would undo what the other tab did
    state = { ...state, ...pick(read("localStorage", KEPT), TASTE) };
    send();
  });
  addEventListener("popstate", (event) => {
    state = settled({ ...state, ...pick(event.state?.view, VIEW) });
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
    // Every change of the state goes through here; `said` tells the visitor what happened.
    commit(changes, said) {
      const moves = VIEW.some((name) => name in changes);
      if (Object.keys(changes).some((name) => !VIEW.includes(name))) remember();
      state = settled({ ...state, ...changes });
      if (moves) history.pushState({ view: pick(state, VIEW), pushed: true }, "");
      persist();
      send();
      anisvd.tell(said, true);
    },
    // The screen is handed over, or back.
    swap(said) {
      const tab = state.swapped ? "together" : "rate";
      anisvd.commit({ ...swapped(state), tab, like: null, partner_user: null, without: [] }, said);
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
