// My list: its shelves, and the visitor's taste in numbers. See core/ui/page/my_list.
(() => {
  const { $, all, list, id, name, say, actions } = anisvd.tools;
  const PAUSE = 250; // milliseconds after a letter until the server searches
  let areNumbersOpen = false;
  let pause;

  const view = () => {
    const chosen = $(".shelves [aria-checked=true]");
    const [search, order] = [$("[data-filter=mine]"), $("[data-sort=mine]")];
    return chosen && { shelf: chosen.dataset.value, order: order.value, query: search.value, all: "all" in $("#mine-list").dataset };
  };
  anisvd.mine = view;
  const show = async (wanted) => {
    const { mine } = await anisvd.ask({ mine: wanted });
    if ($("#mine")) $("#mine").innerHTML = mine;
  };
  // A list that is here as a whole is searched and sorted by page.js.
  const isWhole = () => "whole" in $("#mine-list").dataset;

  const showNumbers = async () => {
    $("[data-do=numbers]").setAttribute("aria-expanded", areNumbersOpen);
    const html = areNumbersOpen ? (await anisvd.ask({ numbers: true })).numbers : "";
    if ($("#mine-numbers")) $("#mine-numbers").innerHTML = html;
  };

  Object.assign(actions, {
    // The whole panel is rendered anew, because each shelf has its own ways to sort.
    shelf(button) {
      for (const radio of all(".shelves [role=radio]")) radio.setAttribute("aria-checked", radio === button);
      $("[data-filter=mine]").value = "";
      delete $("#mine-list").dataset.all;
      anisvd.send();
    },
    shelfAll: () => show({ ...view(), all: true }),
    drop(button, value) {
      const anime = Number(value);
      const isDropped = list("dropped").includes(anime);
      const others = list("dropped").filter((other) => other !== anime);
      anisvd.commit({ dropped: isDropped ? others : [...others, anime] }, isDropped ? say("undone") : button.ariaLabel);
    },
    unplan: (button) =>
      anisvd.commit({ planned: list("planned").filter((other) => other !== id(button)) }, say("removed", { title: name(button) })),
    async exportList(button, suffix) {
      const { ratings, planned, dropped } = anisvd.state;
      try {
        const answer = await fetch(`my-list.${suffix}`, { method: "POST", body: JSON.stringify({ ratings, planned, dropped }) });
        if (!answer.ok) throw answer.status;
        const href = URL.createObjectURL(await answer.blob());
        Object.assign(document.createElement("a"), { href, download: `anisvd-my-list.${suffix}` }).click();
        URL.revokeObjectURL(href);
      } catch {
        anisvd.tell(say("failed"));
      }
    },
    numbers() {
      areNumbersOpen = !areNumbersOpen;
      showNumbers();
    },
    toBring() {
      $("#bring-heading").scrollIntoView();
      $("#bring-heading").focus({ preventScroll: true });
    },
  });
  addEventListener("input", ({ target }) => {
    if (!target.matches?.("[data-filter=mine]") || isWhole()) return;
    clearTimeout(pause);
    pause = setTimeout(() => show(view()), PAUSE);
  });
  addEventListener("change", ({ target }) => {
    if (target.matches?.("[data-sort=mine]") && !isWhole()) show(view());
  });
  addEventListener("anisvd:shown", () => {
    if (areNumbersOpen && $("#mine-numbers:empty")) showNumbers();
  });
})();
