// Signing in to AniList, for private lists and to save planned titles there. Loaded only if the operator has a client
// id. AniList hands the visitor's token to this page in the address (OAuth's implicit grant). It stays in this tab, and
// goes to AniList alone.
(() => {
  const { $, list, actions, bring } = anisvd.tools;
  const TOKEN = "anisvd-anilist"; // sessionStorage
  const ASKED = "anisvd-anilist-asked"; // sessionStorage: this tab has begun to sign in
  const AT_ONCE = 10; // titles in one request
  const PAUSE = 800; // milliseconds between requests: AniList answers 90 a minute
  const TRIES = 4;
  const client = $("meta[name=anilist-client]").content;

  const stored = (act) => {
    try {
      return act(sessionStorage);
    } catch {
      return null; // blocked storage
    }
  };
  const token = () => stored((storage) => storage.getItem(TOKEN));
  const forget = () => stored((storage) => storage.removeItem(TOKEN));

  // Back from AniList. The token leaves the address at once; one that this tab has not asked for is somebody else's.
  const fragment = new URLSearchParams(location.hash.slice(1));
  if (fragment.has("access_token")) {
    const search = new URLSearchParams(location.search);
    search.set("tab", "list");
    history.replaceState(null, "", `${location.pathname}?${search}`);
    const wasAsked = stored((storage) => storage.getItem(ASKED));
    if (wasAsked) stored((storage) => storage.setItem(TOKEN, fragment.get("access_token")));
  }
  stored((storage) => storage.removeItem(ASKED));

  const box = () => $("#anilist");
  const word = (key, facts) => anisvd.fill(JSON.parse(box().dataset.words)[key], facts);
  let progress = null; // {text, done, of} while titles are saved, {text} after that
  const show = (text, done, of) => {
    progress = text && { text, done, of };
    paint();
  };
  const paint = () => {
    if (!box()) return;
    const isIn = Boolean(token());
    // AniList's page cannot be shown in a frame, and a tab of its own would not hand the token back.
    box().hidden = top !== self;
    $("[data-do=aniSignIn]", box()).hidden = isIn;
    for (const button of box().querySelectorAll("[data-in]")) button.hidden = !isIn;
    $("[data-do=aniSave]", box()).hidden = !isIn || !list("planned").length;
    $("[data-do=aniSave]", box()).disabled = Boolean(progress?.of);
    $("progress", box()).hidden = !progress?.of;
    if (progress?.of) Object.assign($("progress", box()), { value: progress.done, max: progress.of });
    $("[role=status]", box()).textContent = progress?.text ?? "";
  };

  const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
  // Returns AniList's answer. Throws a key of the words if there is none.
  const ask = async (query, variables = {}) => {
    const body = JSON.stringify({ query, variables });
    for (let tries = 1; ; tries++) {
      const used = token();
      if (!used) throw "stopped";
      const headers = { "Content-Type": "application/json", Accept: "application/json", Authorization: `Bearer ${used}` };
      const answer = await fetch(JSON.parse($("#bring-name").dataset.anilist).url, { method: "POST", headers, body }).catch(() => null);
      if (!answer) throw "offline";
      if (answer.status === 429 && tries < TRIES) {
        await sleep(1000 * (Number(answer.headers.get("Retry-After")) || 60));
        continue;
      }
      const content = await answer.json().catch(() => ({}));
      const isRefused = [400, 401].includes(answer.status) && content.errors?.some(({ message }) => /token|unauthorized/i.test(message));
      if (isRefused) forget();
      if (isRefused) throw "refused";
      if (!content.data) throw answer.status === 429 ? "busy" : "error";
      return content;
    }
  };
  const viewersList = async () => {
    const { data } = await ask("{ Viewer { name } }");
    return ask(JSON.parse($("#bring-name").dataset.anilist).query, { name: data.Viewer.name });
  };
  // Runs what asks AniList, and tells what goes wrong.
  const attempt = async (act) => {
    try {
      await act();
    } catch (problem) {
      show(problem === "stopped" ? "" : word(typeof problem === "string" ? problem : "error"));
    }
  };

  // Returns the planned titles with their numbers on AniList, as far as the catalogue knows them.
  const planned = async () => {
    const body = JSON.stringify({ planned: list("planned") });
    const { lists } = await (await fetch("my-list.json", { method: "POST", body })).json();
    return lists[0].entries;
  };
  const inTurns = async (entries, make, each) => {
    for (let start = 0; start < entries.length; start += AT_ONCE) {
      if (start) await sleep(PAUSE);
      const some = entries.slice(start, start + AT_ONCE);
      const { data } = await ask(make(some));
      some.forEach((entry, index) => each(entry, data[`a${index}`]));
    }
  };
  const save = async () => {
    const entries = await planned();
    show(word("saving", { n: 0, all: entries.length }), 0, entries.length);
    // What is on the list already, perhaps as seen, is left as it is.
    const known = (await viewersList()).data.MediaListCollection.lists.flatMap((part) => part.entries.map(({ media }) => media));
    const known_ids = new Set(known.map(({ id }) => id));
    const known_mal_ids = new Set(known.map(({ idMal }) => idMal));
    const fresh = entries.filter(({ mediaId, idMal }) => !known_ids.has(mediaId) && !known_mal_ids.has(idMal));
    const media = (some) => `{ ${some.map(({ idMal }, index) => `a${index}: Page(perPage: 1) { media(idMal: ${Number(idMal)}, type: ANIME) { id } }`).join(" ")} }`;
    await inTurns(fresh.filter(({ mediaId }) => !mediaId), media, (entry, found) => (entry.mediaId = found?.media?.[0]?.id));
    const wanted = fresh.filter(({ mediaId }) => mediaId);
    let n = 0;
    const mutation = (some) => `mutation { ${some.map(({ mediaId }, index) => `a${index}: SaveMediaListEntry(mediaId: ${Number(mediaId)}, status: PLANNING) { id }`).join(" ")} }`;
    await inTurns(wanted, mutation, (entry, saved) => {
      n += Boolean(saved);
      show(word("saving", { n, all: wanted.length }), n, wanted.length);
    });
    const there = entries.length - fresh.length;
    const lost = fresh.length - n;
    show([word("saved", { n }), there && word("there", { n: there }), lost && word("lost", { n: lost })].filter(Boolean).join(" "));
  };

  Object.assign(actions, {
    aniSignIn() {
      stored((storage) => storage.setItem(ASKED, "1"));
      location.assign(`https://anilist.co/api/v2/oauth/authorize?client_id=${encodeURIComponent(client)}&response_type=token`);
    },
    aniRead: () => attempt(async () => bring(new Blob([JSON.stringify(await viewersList())]))),
    aniSave: () => attempt(save),
    aniSignOut() {
      forget();
      show("");
    },
  });
  addEventListener("anisvd:shown", paint);
})();
