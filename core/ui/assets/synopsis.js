// What AniList tells of a title whose details are open: the visitor's own browser asks, after the tap that opens them.
(() => {
  const { $, all } = anisvd.tools;
  const KEPT = "anisvd-titles"; // localStorage: [time, answer] by id
  const SITE = "anisvd-site"; // localStorage: where links go
  const MOST = 100; // titles
  const FRESH = 7 * 24 * 3600 * 1000; // milliseconds
  const PATIENCE = 6000; // milliseconds for AniList to answer
  const LONGEST = 4000; // letters of a synopsis
  const STREAMS = 8;
  const TRAILERS = { youtube: "https://www.youtube.com/watch?v=", dailymotion: "https://www.dailymotion.com/video/" };
  const known = new Map(); // answers by id, also without storage
  let panel = null; // the open details
  let asked = null; // the id and the controller of the request that is on its way

  const isSafe = (url) => typeof url === "string" && URL.canParse(url) && new URL(url).protocol === "https:";
  const text = (value) => (typeof value === "string" ? value : "");

  // Returns the text of a description, which may hold tags and hidden spoilers. A parsed document runs and loads nothing.
  const plain = (description) => {
    const lines = text(description).replace(/~![\s\S]*?!~/g, "").replace(/<br\s*\/?>/gi, "\n");
    const read = new DOMParser().parseFromString(lines, "text/html");
    for (const element of read.querySelectorAll("script, style, template")) element.remove();
    return read.body.textContent.replace(/\s*\n\s*/g, "\n").trim().slice(0, LONGEST);
  };

  const cleaned = (media) => {
    const links = (media.externalLinks ?? []).filter((link) => link?.type === "STREAMING" && isSafe(link.url) && text(link.site));
    const streams = new Map(links.map(({ site, language, url }) => [language ? `${site} (${language})` : site, url]));
    const { id, site } = media.trailer ?? {};
    return {
      story: plain(media.description),
      minutes: Number(media.duration) || 0,
      trailer: Object.hasOwn(TRAILERS, site) && /^[\w-]{1,40}$/.test(id) ? TRAILERS[site] + id : "",
      streams: [...streams].slice(0, STREAMS),
      next: media.nextAiringEpisode ? { at: Number(media.nextAiringEpisode.airingAt) * 1000, episode: Number(media.nextAiringEpisode.episode) } : null,
    };
  };

  const recall = (anime) => {
    const [time, answer] = known.get(anime) ?? anisvd.kept.read(KEPT)?.[anime] ?? [];
    return Date.now() - time < FRESH ? answer : null;
  };
  const remember = (anime, answer) => {
    const entry = [Date.now(), answer];
    known.set(anime, entry);
    if (known.size > MOST) known.delete(known.keys().next().value);
    const newest = Object.entries({ ...anisvd.kept.read(KEPT), [anime]: entry }).sort(([, a], [, b]) => b[0] - a[0]);
    anisvd.kept.write(KEPT, Object.fromEntries(newest.slice(0, MOST)));
  };

  const link = (name, url) => Object.assign(document.createElement("a"), { className: "chip", href: url, textContent: name, target: "_blank", rel: "noopener noreferrer" });
  // Shows a text in an element that has it with facts to fill in.
  const fill = (element, facts) => {
    if (!element) return;
    element.textContent = element.dataset.text.replace(/{(\w+)}/g, (match, fact) => facts[fact] ?? match);
    element.hidden = false;
  };
  const show = (answer) => {
    const part = $(".synopsis", panel);
    const story = $(".story", part);
    part.removeAttribute("aria-busy");
    story.textContent = answer.story || story.dataset.none;
    story.lang = answer.story ? "en" : anisvd.spoken();
    $(".whole", part).hidden = story.scrollHeight <= story.clientHeight;
    if (answer.trailer) Object.assign($(".trailer", part), { href: answer.trailer, hidden: false });
    if (answer.minutes) fill($(".minutes", panel), answer);
    const streams = answer.streams.filter(([, url]) => isSafe(url)).map(([name, url]) => link(name, url));
    $(".streams", part).append(...streams);
    $(".streams", part).hidden = !streams.length;
    if (!(answer.next?.at > Date.now())) return;
    const date = new Intl.DateTimeFormat(anisvd.spoken(), { dateStyle: "medium" }).format(answer.next.at);
    fill($(".next", part), { ...answer.next, date });
  };

  const ask = async (anime, { url, query }) => {
    const controller = new AbortController();
    asked = { anime, controller };
    const signal = AbortSignal.any([controller.signal, AbortSignal.timeout(PATIENCE)]);
    const headers = { "Content-Type": "application/json", Accept: "application/json" };
    let answer = null;
    try {
      const response = await fetch(url, { method: "POST", headers, body: JSON.stringify({ query, variables: { id: anime } }), signal });
      const { data } = await response.json();
      answer = cleaned(data.Media);
      remember(anime, answer);
    } catch {
      if (controller.signal.aborted) return; // closed
    }
    asked = answer ? null : { anime, controller, failed: true }; // not asked again until the details are opened again
    if (answer) show(answer);
    else silence();
  };
  const silence = () => {
    const part = $(".synopsis", panel);
    part.removeAttribute("aria-busy");
    part.classList.add("silent");
  };

  // -- where links go -------------------------------------------------------------------------------
  const linkTo = (site) => {
    for (const sites of all(".sites", panel)) {
      const links = all("[data-site]", sites);
      const chosen = links.find((one) => one.dataset.site === site) ?? links[0];
      for (const one of links) one.hidden = one !== chosen;
    }
    for (const choice of all("[data-site-choice]", panel)) choice.value = site;
  };
  const chosenSite = () => anisvd.kept.read(SITE) ?? site;
  let site = "mal"; // without storage

  addEventListener("change", ({ target }) => {
    if (!target.matches?.("[data-site-choice]")) return;
    site = target.value;
    anisvd.kept.write(SITE, site);
    linkTo(site);
  });
  addEventListener("click", ({ target }) => {
    const button = target.closest?.(".synopsis .whole");
    if (button) button.setAttribute("aria-expanded", button.closest(".synopsis").classList.toggle("all"));
  });

  // The details are shown, again after each change of the list; `detail` is their panel, or null once they are closed.
  addEventListener("anisvd:details", ({ detail }) => {
    panel = detail;
    const part = panel && $(".synopsis", panel);
    const request = part ? JSON.parse(part.dataset.anilist) : null;
    if (asked && asked.anime !== request?.id) {
      asked.controller.abort();
      asked = null;
    }
    if (!part) return;
    linkTo(chosenSite());
    const answer = recall(request.id);
    if (answer) show(answer);
    else if (asked?.failed) silence();
    else if (!asked) ask(request.id, request);
  });
})();
