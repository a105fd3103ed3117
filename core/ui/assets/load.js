// The scripts of the page load side by side, and run in this order. Whatever needs them waits for this promise.
window.anisvdReady = Promise.all(
  ["store", "page", "watchlists", "my_list", "together", "details", "synopsis", ...(document.querySelector("meta[name=anilist-client]") ? ["anilist"] : [])].map(
    (name) =>
      new Promise((onload, onerror) => {
        const src = `anisvd/${name}.js?v=${document.currentScript.dataset.version}`;
        document.head.append(Object.assign(document.createElement("script"), { src, async: false, onload, onerror }));
      }),
  ),
).then(() => anisvd);
