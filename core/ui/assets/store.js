// The state of the page: see core/ui/page/state.py. This browser keeps it and sends it with every call.
window.anisvd = (() => {
  const { KEPT, DRAFT, store, read, write, language, opening } = anisvdFirst;
  const TASTE = ["ratings", "complete", "unseen", "hidden", "planned", "dropped", "preferred", "passed", "others", "handed"]; // shared by all tabs of a browser
  const VIEW = ["tab", "user", "like"]; // kept in the history, for the Back button
  const LONGEST_PAST = 50;
  const PATIENCE = 250; // milliseconds until the page shows that it waits
  const TRIES = 10; // of a request to a server that is busy

  let state = {};
  let shared = false;
  let past = []; // states for Undo, the latest last
  let waiting;
  let asked; // the last request to the server: see `ask`
  const triggers = {};

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
    const isStored = shared
      ? write("sessionStorage", DRAFT, { query: location.search, state })
      : write("localStorage", KEPT, without(state, VIEW));
    document.body.classList.toggle("forgetful", !isStored);
  };
  const remember = () => (past = [...past.slice(1 - LONGEST_PAST), { state, shared, search: location.search }]);
  const address = (search) => history.replaceState({ view: pick(state, VIEW) }, "", location.pathname + search);

  // Asks the server for the changes that hand the screen over or take ratings from a link.
  const ask = (request) =>
    new Promise((resolve) => {
      asked = { sent: { ...request, state, language: language() }, resolve };
      call("apply");
    });
  // Sends the state. On the tab of the group everybody gets their own lists back first.
  const follow = async () => {
    if (!state.handed || state.tab !== "together") return send();
    const changes = await ask({});
    state = { ...state, ...changes };
    persist();
    send();
  };

  addEventListener("storage", (event) => {
    if (event.key !== KEPT || shared) return;
    past = []; // Undo must not revert the other tab
    state = { ...state, ...pick(read("localStorage", KEPT), TASTE) };
    send();
  });
  addEventListener("popstate", (event) => {
    state = { ...state, ...pick(event.state?.view, VIEW) };
    follow();
  });
  addEventListener("online", send);

  // A busy server tells when to come again. Visitors who were refused together come back one by one.
  const fetchOnce = window.fetch.bind(window);
  window.fetch = async (...request) => {
    for (let tries = 1; ; tries++) {
      const answer = await fetchOnce(...request);
      const seconds = answer.status === 503 ? Number(answer.headers.get("Retry-After")) : 0;
      if (!seconds || tries === TRIES) {
        if (tries > 1) anisvd.tell("");
        return answer;
      }
      anisvd.tell(anisvd.say("busy"));
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000 * (0.5 + Math.random())));
    }
  };

  return {
    get state() {
      return state;
    },
    connect(what, trigger) {
      triggers[what] = trigger;
    },
    // For what other scripts keep in this browser, by their own keys.
    kept: { read: (key) => read("localStorage", key), write: (key, value) => write("localStorage", key, value) },
    search: () => triggers.search?.("submit"),
    opening,
    // Takes over the first answer, when Gradio has put it into the page.
    async adopt(opened) {
      ({ state, shared } = opened);
      while (!document.querySelector("gradio-app #results section")) await new Promise((resolve) => setTimeout(resolve, 10));
      const { taps, typed } = anisvdFirst.leave();
      address(location.search);
      anisvd.painted();
      anisvd.shown();
      for (const [selector, value] of taps) anisvd.tap(selector, value);
      if (typed) anisvd.type(typed);
    },
    sending: () => ({
      state,
      shared,
      language: language(),
      query: document.querySelector("#search")?.value,
      wall: [...document.querySelectorAll("#wall li[data-id]")].map((tile) => Number(tile.dataset.id)),
      all: document.body.classList.contains("all-ratings"),
      mine: anisvd.mine?.(),
    }),
    shown() {
      clearTimeout(waiting);
      document.body.classList.remove("busy");
    },
    send,
    // Changes the state, and tells the visitor with `text`.
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
    asking: () => asked.sent,
    answered(changes) {
      const { sent, resolve } = asked;
      if (sent.state !== state) return ask(sent).then(resolve); // the state has changed meanwhile
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
    // Makes the shared list the visitor's own, or goes back to their own.
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
