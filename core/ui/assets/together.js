// The people of a group, and whose turn it is to rate: see core/ui/templates/together.html.
(() => {
  const { $, list, say, actions, focus } = anisvd.tools;
  let isAdding = false; // whether the ways to add somebody are unfolded: they stay so while answers arrive
  const grown = (others) => {
    isAdding = false;
    focus(`#person-${others.length + 1}`);
    anisvd.commit({ others });
  };

  Object.assign(actions, {
    addUser: (form, value) => grown([...list("others"), { user: value }]),
    async addLink(form, value) {
      const changes = await anisvd.ask({ link: value });
      if (changes) grown(changes.others);
      else anisvd.tell(say("no_ratings"));
    },
    // Hands the screen to one of the others, counted from 1, or back: 0.
    async hand(button, value) {
      const person = Number(value);
      isAdding = false;
      const changes = await anisvd.ask({ hand: person });
      if (!person) focus("#together-heading");
      anisvd.commit(changes, say(person ? "handed" : "returned"));
    },
    removePerson(button, value) {
      focus("#together-heading");
      anisvd.commit({ others: list("others").toSpliced(Number(value), 1) }, say("alone"));
    },
    renamePerson(input, value, index) {
      anisvd.commit({ others: list("others").map((other, number) => (number === Number(index) ? { ...other, name: value } : other)) });
    },
  });
  addEventListener("click", ({ target }) => {
    const summary = target.closest?.(".add > summary");
    if (summary) isAdding = !summary.parentElement.open;
  });
  addEventListener("anisvd:shown", () => {
    if (isAdding && $(".add")) $(".add").open = true;
  });
})();
