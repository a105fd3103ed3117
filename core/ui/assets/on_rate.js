// Runs once for each part of the page that has rating buttons (data-id, data-rating; empty removes).
// The whole list of ratings goes along, so that quick taps cannot overtake one another.
element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-id]");
  if (!button) return;
  const { id, rating } = button.dataset;
  trigger("rate", { ratings: window.anisvd.rate(Number(id), rating === "" ? null : Number(rating)) });
  if (element.id === "found" || element.closest("#found")) document.querySelector("#search textarea, #search input")?.focus();
});
