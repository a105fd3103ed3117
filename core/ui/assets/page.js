// The visitor's ratings, [[anime_id, rating], ...], as this browser tab knows them.
window.anisvd = {
  ratings: [],
  rate(id, rating) {
    const index = this.ratings.findIndex(([other]) => other === id);
    if (rating === null) this.ratings = this.ratings.filter(([other]) => other !== id);
    else if (index >= 0) this.ratings = this.ratings.with(index, [id, rating]);
    else this.ratings = [...this.ratings, [id, rating]];
  },
};
