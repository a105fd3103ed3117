// Runs once for each part of the page that has rating buttons (data-id, data-rating; empty removes).
// The whole list of ratings goes along, and taps in quick succession go as one, so that none is lost.
let waiting;
element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-id]");
  if (!button) return;
  const { id, rating } = button.dataset;
  window.anisvd.rate(Number(id), rating === "" ? null : Number(rating));
  clearTimeout(waiting);
  waiting = setTimeout(() => trigger("rate", { ratings: window.anisvd.ratings }), 20);
});
