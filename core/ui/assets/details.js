// The details of a title on the list. They open below its card, one at a time, and stay open while the list changes.
(() => {
  const { $, all, list, id, say, actions } = anisvd.tools;
  const panel = Object.assign(document.createElement("div"), { className: "panel" });
  let open = null; // the id of the title whose details are open
  let rating = null; // the id of the title whose scale is unfolded
  let shownFor; // the state for which they are shown
  let request = new AbortController();
  let focused = null; // what had the focus in the panel

  const card = (anime) => anime && $(`#results .card[data-id="${anime}"]`);
  const same = (button) => {
    const { do: act, field, value } = button.dataset;
    return all(`[data-do="${act}"]`, panel).find((other) => other.dataset.field === field && other.dataset.value === value);
  };
  const post = async (content) => {
    const { signal } = request;
    const body = JSON.stringify({ ...anisvd.sending(), id: open, ...content });
    const answer = await fetch("details", { method: "POST", headers: { "Content-Type": "application/json" }, body, signal });
    if (!answer.ok) throw new Error(answer.status);
    return answer.json();
  };

  // Gradio patches the list in place: it empties the slots and takes marks away. They come back before the next paint.
  const place = () => {
    const owner = card(open);
    const unfolded = card(rating);
    for (const other of all("#results .card")) {
      other.classList.toggle("open", other === owner);
      other.classList.toggle("rating", other === unfolded);
      for (const button of all(".front [data-do=details]", other)) button.setAttribute("aria-expanded", other === owner);
      $(".front [data-do=seen]", other)?.setAttribute("aria-expanded", other === unfolded);
    }
    const slot = owner && $(".details", owner);
    if (!slot) return panel.remove();
    if (panel.parentElement === slot) return;
    slot.replaceChildren(panel);
    if (focused && document.activeElement === document.body) focused.focus({ preventScroll: true });
  };

  // Keeps what was tapped where it is on the screen, while something above it opens or closes.
  const still = (element, change) => {
    const before = element.getBoundingClientRect().top;
    change();
    scrollBy(0, element.getBoundingClientRect().top - before);
  };

  const tellOthers = (detail) => dispatchEvent(new CustomEvent("anisvd:details", { detail }));
  const load = async () => {
    request.abort();
    const { signal } = (request = new AbortController());
    shownFor = anisvd.state;
    panel.setAttribute("aria-busy", true);
    try {
      const { html } = await post();
      const held = panel.contains(document.activeElement) && document.activeElement;
      panel.innerHTML = html;
      tellOthers(panel);
      if (held) (same(held) ?? $("button", panel))?.focus({ preventScroll: true });
    } catch {
      if (!signal.aborted) panel.replaceChildren(Object.assign(document.createElement("p"), { className: "notice", textContent: say("failed") }));
    }
    if (!signal.aborted) panel.removeAttribute("aria-busy");
  };

  const close = () => {
    request.abort();
    tellOthers(null);
    const owner = card(open);
    const inside = panel.contains(document.activeElement);
    open = focused = null;
    place();
    if (inside && owner) $(".about", owner).focus({ preventScroll: true });
  };

  Object.assign(actions, {
    details(button) {
      const anime = id(button);
      if (anime === open) return close();
      panel.innerHTML = "";
      open = anime;
      still(button, place);
      load();
    },
    seen(button) {
      rating = rating === id(button) ? null : id(button);
      still(button, place);
    },
    // Wants a genre, theme or studio, or no longer; or leaves a genre or theme out.
    only(button, value, field) {
      const chosen = list(field).includes(value);
      const rest = list(field).filter((other) => other !== value);
      button.ariaPressed = !chosen;
      anisvd.commit({ [field]: chosen ? rest : [...rest, value] }, chosen ? undefined : button.ariaLabel);
    },
    exclude(button, value, field) {
      const less = (name) => list(name).filter((other) => other !== value);
      anisvd.commit({ [field]: less(field), [`exclude_${field}`]: [...less(`exclude_${field}`), value] }, button.textContent);
    },
    async without(button, value) {
      const line = button.parentElement;
      try {
        $("[role=status]", line).textContent = (await post({ without: Number(value) })).text;
      } catch {
        return;
      }
      const next = $("[hidden]", line);
      next.hidden = false;
      if (document.activeElement === button) next.focus({ preventScroll: true });
      button.remove();
    },
  });

  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || event.target.matches("input, textarea, select")) return;
    if (rating) {
      const button = $(".front [data-do=seen]", card(rating) ?? document);
      rating = null;
      place();
      button?.focus({ preventScroll: true });
    } else if (open) close();
  });
  addEventListener("focusin", ({ target }) => {
    focused = panel.contains(target) ? target : null;
  });
  const patched = new MutationObserver(place);
  addEventListener("anisvd:shown", () => {
    patched.observe($("#results"), { subtree: true, childList: true, attributeFilter: ["class"] });
    if (rating && !card(rating)) rating = null;
    if (open && !card(open)) close();
    place();
    if (open && shownFor !== anisvd.state) load();
  });
})();
