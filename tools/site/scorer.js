// Sphinx finds the pages and gives all with a word in the title one score. Here the claim whose
// id is asked for comes first; then those whose title holds the words side by side and early;
// then those of whose title the words are much.
const query = new URLSearchParams(window.location.search).get("q") ?? "";
const stemmer = new Stemmer();
const split = (text) => splitQuery(text).map((word) => stemmer.stemWord(word.toLowerCase()));

var Scorer = {
  score: ([page, title, , , score]) => {
    const asked = split(query);
    const words = split(title);
    const known = asked.filter((word) => words.includes(word)).length;
    const before = ` ${words.join(" ")} `.split(` ${asked.join(" ")} `, 1)[0];
    const place = split(before).length / words.length;
    const named = page === `claims/${query.trim()}`;
    return score + 50 * named + 20 * (1 - place) + 10 * (known / words.length);
  },
  // The rest is as Sphinx has it.
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
