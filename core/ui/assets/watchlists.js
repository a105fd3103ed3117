// Lists that visitors bring: from AniList, a file, or a text.
(() => {
  const { $, list, say, actions } = anisvd.tools;

  // A watchlist is added to the ratings. Its ratings replace others, but not by "seen".
  const LARGEST = 10 * 2 ** 20; // bytes
  const report = (html, text) => {
    const container = Object.assign(document.createElement("div"), { innerHTML: html });
    if (text) $("p", container).textContent = text;
    lastReport = container.innerHTML;
    showReport();
    $("#report")?.focus();
  };
  let lastReport = "";
  const showReport = () => {
    const container = $("#report");
    if (container && container.innerHTML !== lastReport) container.innerHTML = lastReport;
  };
  let watchlist; // the last one, until its scale is known
  const bring = (content, scale = "") => {
    watchlist = content;
    if (content.size > LARGEST) return report(`<p class="notice" role="alert"></p>`, say("too_large"));
    return send(`bring?language=${anisvd.spoken()}&scale=${scale}&pasted=${Number(!content.name && content.type === "text/plain")}`, content);
  };
  const send = async (address, body) => {
    anisvd.tell(say("reading"));
    try {
      const answer = await fetch(address, { method: "POST", body });
      if (!answer.ok) throw answer.status;
      const brought = await answer.json();
      if (brought.ratings) {
        const before = new Map(list("ratings"));
        const ratings = new Map(before);
        const own = new Map([...brought.ratings, ...brought.dropped]); // a dropped title keeps the rating that it was given
        for (const [anime, rating] of own) if (rating > 0 || !ratings.has(anime)) ratings.set(anime, rating);
        const changed = [...before].filter(([anime, rating]) => ratings.get(anime) !== rating).length;
        const planned = [...new Set([...list("planned"), ...brought.planned])].filter((anime) => !ratings.has(anime));
        const dropped = [...list("dropped").filter((anime) => !own.has(anime)), ...brought.dropped.map(([anime]) => anime)];
        const n = brought.ratings.length + brought.planned.length;
        const complete = brought.ratings.length > 0 || anisvd.state.complete;
        anisvd.commit({ ratings: [...ratings], complete, planned, dropped }, `${say("brought", { n })} ${changed ? say("changed", { n: changed }) : ""}`);
      } else anisvd.tell("");
      report(brought.report);
    } catch {
      report(`<p class="notice" role="alert"></p>`, say("failed"));
    }
  };

  anisvd.tools.bring = bring;
  Object.assign(actions, {
    readAs: (button, scale) => bring(watchlist, scale),
    readList: (form, value) => bring(new Blob([value], { type: "text/plain" })),
    async fetchList(form, value) {
      if (form.dataset.site === "mal") return send(`bring-myanimelist?language=${anisvd.spoken()}`, JSON.stringify({ name: value }));
      anisvd.tell(say("fetching"));
      const { url, query } = JSON.parse($("#bring-name").dataset.anilist);
      const headers = { "Content-Type": "application/json", Accept: "application/json" };
      try {
        const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify({ query, variables: { name: value } }) });
        await bring(await answer.blob());
      } catch {
        report(`<p class="notice" role="alert"></p>`, say("offline"));
      }
    },
  });
  // Which of the two buttons was pressed: the first one also stands for the Enter key.
  addEventListener("submit", ({ target, submitter }) => (target.dataset.site = submitter?.value ?? ""), true);
  addEventListener("change", ({ target }) => {
    if (!target.matches?.("[data-bring]") || !target.files[0]) return;
    bring(target.files[0]);
    target.value = ""; // so that the same file can be chosen again
  });
  addEventListener("anisvd:undo", () => {
    lastReport = "";
    showReport();
  });
  addEventListener("anisvd:shown", () => {
    if (!$("#report")?.childElementCount) showReport(); // its tab is open again
  });
})();
