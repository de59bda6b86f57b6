// The search of `lstm-spec answer`: the arithmetic of answers/search.py and answers/answer.py. All
// numbers, words and patterns come from the index, which tools/site/ask.py writes.

// Returns a function that finds what answers a question: the ids of questions and claims that it
// may mean, the best first, and whether the first is likely to answer it.
function lstmSearch(index, encoded) {
  const { weights, limits, texts, synonyms } = index;
  const unsaid = new Set(index.unsaid);
  const capital = new RegExp(index.capital, "g");
  const word = new RegExp(index.word, "g");
  const said = new RegExp(index.pattern, "g");
  const foreign = new RegExp(index.foreign_words, "g");
  const table = readTable(encoded);
  const names = texts.map((text) => text.name);
  const rows = texts.flatMap((text, place) => text.rows.map((row) => [place, wordsOf(row)]));
  const vectors = rows.map(([, words]) => vector(words));
  const centers = centersOfTexts();
  const pieces = piecesOfRows();
  const lengths = texts.map((text) => sum(Object.values(text.counts)));
  const mean = sum(lengths) / lengths.length;
  const places = new Map();
  texts.forEach((text, place) => {
    for (const stemmed of Object.keys(text.counts)) {
      if (!places.has(stemmed)) places.set(stemmed, []);
      places.get(stemmed).push(place);
    }
  });

  function wordsOf(text) {
    const cut = inEnglish(text.slice(0, limits.longest)).replace(capital, " $&");
    return cut.toLowerCase().match(word) ?? [];
  }

  function inEnglish(text) {
    if (!/[\u0080-\uffff]/.test(text)) return text;
    return text.replace(foreign, (found) => ` ${index.foreign[found]} `);
  }

  function stems(words) {
    const translated = words.join(" ").replace(said, (_, phrase) => synonyms[phrase]);
    return translated.split(" ").filter((one) => one && !unsaid.has(one)).map(stem);
  }

  function rowOf(given) {
    if (table.rows.has(given)) return table.rows.get(given);
    for (let end = given.length - 1; end > 3; end -= 1) {
      const row = table.rows.get(given.slice(0, end));
      if (row !== undefined) return row;
    }
    return undefined;
  }

  // The direction of what words mean together.
  function vector(words) {
    const total = new Float64Array(table.width);
    for (const one of words) {
      const row = rowOf(one);
      if (row === undefined) continue;
      const start = row * table.width;
      const scale = table.scales[row];
      for (let k = 0; k < table.width; k += 1) total[k] += table.numbers[start + k] * scale;
    }
    return direction(total);
  }

  function direction(total) {
    const length = Math.sqrt(product(total, total)) || 1;
    return total.map((value) => value / length);
  }

  function product(one, other) {
    return one.reduce((total, value, k) => total + value * other[k], 0);
  }

  function rarityOf(count) {
    return Math.log(1 + (texts.length - count + 0.5) / (count + 0.5));
  }

  // The direction of all rows of each text together.
  function centersOfTexts() {
    const totals = texts.map(() => new Float64Array(table.width));
    rows.forEach(([place], row) => vectors[row].forEach((value, k) => (totals[place][k] += value)));
    return totals.map(direction);
  }

  function bm25(asked) {
    const total = new Float64Array(texts.length);
    for (const stemmed of asked) {
      const among = places.get(stemmed) ?? [];
      const idf = rarityOf(among.length);
      for (const place of among) {
        const n = texts[place].counts[stemmed];
        const length = weights.K * (1 - weights.B + (weights.B * lengths[place]) / mean);
        total[place] += (idf * n * (weights.K + 1)) / (n + length);
      }
    }
    return total;
  }

  // All runs of letters of a text, the spaces between its words included, each once.
  function piecesOf(words) {
    const spaced = ` ${words.join(" ")} `;
    const count = Math.max(0, spaced.length - index.piece + 1);
    return new Set(Array.from({ length: count }, (_, k) => spaced.slice(k, k + index.piece)));
  }

  // In which rows each piece occurs, how rare it is, and how long the rows are in pieces.
  function piecesOfRows() {
    const holding = new Map();
    rows.forEach(([, words], row) => {
      for (const piece of piecesOf(words)) {
        if (!holding.has(piece)) holding.set(piece, []);
        holding.get(piece).push(row);
      }
    });
    const squares = new Float64Array(rows.length);
    const rarity = new Map();
    for (const [piece, some] of holding) {
      const weight = Math.log(rows.length / some.length);
      rarity.set(piece, weight * weight);
      for (const row of some) squares[row] += weight * weight;
    }
    return { holding, rarity, lengths: squares.map((square) => Math.sqrt(Math.max(square, 1e-9))) };
  }

  // How much of its pieces each row has in common with a question.
  function spelling(asked) {
    const known = [...piecesOf(asked)].filter((piece) => pieces.holding.has(piece));
    const total = new Float64Array(rows.length);
    for (const piece of known) {
      for (const row of pieces.holding.get(piece)) total[row] += pieces.rarity.get(piece);
    }
    const length = Math.sqrt(sum(known.map((piece) => pieces.rarity.get(piece)))) || 1;
    return total.map((value, row) => value / pieces.lengths[row] / length);
  }

  // How well the best row of each text fits.
  function nearest(fits) {
    const best = new Float64Array(texts.length).fill(-1);
    rows.forEach(([place], row) => {
      if (fits[row] > best[place]) best[place] = fits[row];
    });
    return best;
  }

  // All texts with their scores, the best first.
  function ranked(question) {
    const asked = wordsOf(question).slice(0, limits.most);
    const fits = bm25(stems(asked));
    const spelled = nearest(spelling(asked));
    const meant = vector(asked);
    const cosine = nearest(vectors.map((row) => product(row, meant)));
    const most = Math.max(...fits) || 1;
    const hits = names.map((name, place) => ({
      name,
      score:
        (weights.words * fits[place]) / most +
        weights.spelling * spelled[place] +
        weights.meaning * cosine[place] +
        weights.center * product(centers[place], meant) +
        weights.often * texts[place].often,
    }));
    return hits.sort((a, b) => b.score - a.score);
  }

  const errors = Object.fromEntries(
    Object.entries(index.error.patterns).map(([name, [source, flags]]) => [
      name,
      new RegExp(source, flags),
    ]),
  );
  const everyMatch = (pattern, text) => [
    ...text.matchAll(new RegExp(pattern.source, `${pattern.flags}g`)),
  ];

  const { ndim, dimensions, targets, inputs, checked, scores } = errors;
  const untyped = [ndim, dimensions, targets, inputs, checked, scores];

  // The error that a text shows last; nothing, if it shows none.
  function readError(text) {
    const match = everyMatch(errors.last, text).at(-1);
    let [kind, message] = ["", text];
    if (match) {
      const after = text.slice(match.index + match[0].length);
      const wrapped = match.groups.message.trim().search(errors.wrapped) === 0;
      kind = match.groups.type;
      message = `${match.groups.message} ${wrapped ? within(after) : after.split("\n\n")[0]}`;
    } else if (!untyped.some((pattern) => pattern.test(text))) {
      return undefined;
    }
    message = message.split(/\s+/).filter(Boolean).join(" ").slice(0, limits.message);
    const lines = everyMatch(errors.code, text).flatMap((found) => found.slice(1).filter(Boolean));
    const layer = errors.layer.exec(message)?.slice(1).find(Boolean) ?? "";
    return {
      type: kind,
      message,
      elsewhere: errors.elsewhere.test(layer),
      text: `${kind}: ${message}`.replace(/^[: ]+|[: ]+$/g, ""),
      code: (lines.at(-1) ?? "").slice(0, limits.message),
    };
  }

  // The first paragraph of an error's text that tells what is wrong, and its node.
  function within(after) {
    const paragraphs = after.split("\n\n").map((paragraph) => paragraph.split("\n"));
    const tells = (line) => !errors.frame.test(line);
    const lines = paragraphs.find((paragraph) => paragraph.some(tells)) ?? [];
    return lines.filter((line) => errors.node.test(line) || tells(line)).join(" ");
  }

  const meant = index.error.meant.map(([pattern, name]) => [new RegExp(pattern), name]);

  // The question that the words or the shapes of an error mean, or the claims that know its words,
  // the most telling first.
  function knownAs(error) {
    if (error.elsewhere) return [];
    const words = `${error.text} ${error.code}`;
    const question = ofShapes(error.message) || meant.find(([pattern]) => pattern.test(words))?.[1];
    if (question) return [question];
    if (error.message.includes(index.error.layer)) return [];
    const called = errors.function.exec(error.message)?.[1] ?? "";
    const named = Object.hasOwn(index.error.functions, called)
      ? index.error.functions[called]
      : called;
    const found = index.error.known.flatMap(({ claim, types, words: all, says }) => {
      const ofType = !types.length || !error.type || types.includes(error.type);
      const held = all.map((some) => some.filter((one) => error.text.includes(one)));
      if (!ofType || !says.includes(named) || held.some((some) => !some.length)) return [];
      const longest = held.map((some) => Math.max(...some.map((one) => one.length)));
      const letters = sum(longest.map((length, k) => length / all[k].length));
      return letters >= limits.least ? [{ claim, letters }] : [];
    });
    return found.sort((a, b) => b.letters - a.letters).map(({ claim }) => claim);
  }

  const same = (a, b) => a.length === b.length && a.every((size, k) => size === b[k]);

  // The question that two shapes in an error mean; nothing, if there is none.
  function ofShapes(message) {
    const sizes = (pattern) =>
      pattern
        .exec(message)
        ?.slice(1)
        .filter((part) => part !== undefined)
        .map((part) => part.match(/[\w?]+/g) ?? []);
    const compared = sizes(errors.targets);
    if (compared) {
      const question = ofTargets(...compared);
      const numbered =
        message.includes("target.ndim - 1") && index.error.of_one_rank.includes(question);
      return numbered ? "targets-of-the-last-timestep" : question;
    }
    const old = sizes(errors.checked);
    if (old) {
      const [[kind], wanted, given] = old;
      if (kind === "target") return ofTargets(given, wanted);
      const batch = wanted.length === 2 ? ["None"] : [];
      return ofInputs([...batch, ...wanted], [...batch, ...given]);
    }
    const read = sizes(errors.inputs);
    if (read) return ofInputs(...read);
    const logits = sizes(errors.logits);
    if (logits) return ofLogits(...logits);
    const score = sizes(scores);
    if (score) return ofTargets(score[1], score[0]);
    const differing = sizes(errors.compared);
    if (differing) {
      const [first, second] = differing;
      const kerasThree = errors.compared.exec(message)[0].includes("compile_loss");
      return kerasThree ? ofTargets(first, second) : ofTargets(second, first);
    }
    const labels = sizes(errors.labels);
    if (labels) return ofLogits(labels[1], labels[0]);
    const batches = sizes(errors.batches);
    const last = batches && same(batches[0].slice(1), batches[1].slice(1));
    return last ? "refused-last-batch" : "";
  }

  // The question that the shapes of outputs and classes mean, both with a row each.
  function ofLogits(logits, labels) {
    const isNumber = (size) => /^\d+$/.test(size);
    const product = logits.filter(isNumber).reduce((total, size) => total * Number(size), 1);
    if (same(labels, [String(product)])) return "one-hot-or-integers";
    const rows = [labels, logits].map(([first]) => (first && isNumber(first) ? Number(first) : 0));
    return rows[0] < rows[1] ? "targets-with-return-sequences" : "targets-of-the-last-timestep";
  }

  // The question that the sizes of an input mean, and those that a model reads.
  function ofInputs(wanted, given) {
    const fewer = given.length < wanted.length;
    if (same(wanted.slice(1), given) || (fewer && wanted.at(-1) !== "1")) return "single-sample";
    if (fewer) return "other-number-of-timesteps";
    if (wanted.at(-1) !== given.at(-1)) return "feature-count";
    const batches = new Set([wanted[0], given[0]].filter((size) => size && size !== "None"));
    return batches.size > 1 ? "batch-size-in-prediction" : "other-number-of-timesteps";
  }

  // The question that the shapes of targets and output mean.
  function ofTargets(target, output) {
    const before = output.slice(0, -1);
    const single = same(target, [...before, "1"]) && !same(target, output);
    if (same(target, output) || same(target, before) || single) return "one-hot-or-integers";
    if (target.length < output.length) return "targets-with-return-sequences";
    if (target.length > output.length) return "targets-of-the-last-timestep";
    return index.error.of_one_rank[Number(same(target.slice(1, -1), before.slice(1)))];
  }

  function rankedByError(error) {
    const telling = new Set(knownAs(error).slice(0, limits.known));
    const hits = ranked(error.text).map((hit) => {
      const of = index.claims[hit.name]?.slice(0, limits.claims) ?? [hit.name];
      const known = of.some((claim) => telling.has(claim)) ? limits.gain : 0;
      const isMeant = index.claims[hit.name] && telling.has(hit.name);
      return { name: hit.name, score: hit.score + (isMeant ? limits.meant : known) };
    });
    return hits.sort((a, b) => b.score - a.score);
  }

  const reference = index.references.map((pattern) => new RegExp(`^(?:${pattern})$`));

  // The questions that an id, a number or an address names; nothing, if it is no such reference.
  function referred(words) {
    const given = reference.map((pattern) => pattern.exec(words)).find(Boolean)?.groups;
    const named = Object.keys(index.claims).filter((id) => {
      if (id === words) return true;
      const at = given && reference[0].exec(index.addresses[id] ?? "")?.groups;
      if (!at || at.number !== given.number) return false;
      return !given.place || `/${at.place}`.endsWith(`/${given.place}`);
    });
    if (named.length) return { hits: named, sure: true };
    return given ? { hits: [], sure: false } : undefined;
  }

  const topic = Object.fromEntries(
    Object.entries(index.topic).map(([kind, pattern]) => [kind, new RegExp(pattern, "g")]),
  );
  const theirs = new Map(texts.map((text) => [text.name, new Set(text.theirs)]));
  const answers = (name) => !index.claims[name] || index.claims[name].length > 0;
  const unanswered = rows.filter(([place]) => !answers(names[place]));
  const silent = new Set(unanswered.map(([, words]) => words.join(" ")));

  const heard = new Set(
    texts
      .filter((text) => answers(text.name))
      .flatMap((text) => text.rows)
      .flatMap((row) => row.toLowerCase().match(/[a-z0-9_]+/g) ?? [])
      .concat(index.code_names),
  );

  // The names of code in a line that nothing which answers has.
  function unheard(line) {
    if (line.includes("\n")) return [];
    const named = line.slice(0, limits.longest).match(new RegExp(index.name, "g")) ?? [];
    return [...new Set(named)].filter((name) => !heard.has(name.toLowerCase()));
  }

  // The share of a question's stems, rare ones counting more, that a text lacks.
  function uncovered(asked, name) {
    const { counts } = texts[names.indexOf(name)];
    const given = [...new Set(stems(wordsOf(asked).slice(0, limits.most)))];
    const rarity = (word) => rarityOf(places.get(word)?.length ?? 0);
    const lacking = given.filter((word) => !Object.hasOwn(counts, word));
    return sum(lacking.map(rarity)) / (sum(given.map(rarity)) || 1);
  }

  // How likely the first hit answers.
  function sureness(hits, asked) {
    const { fit } = index;
    const first = hits.find((hit) => answers(hit.name));
    const unanswerable = hits.find((hit) => !answers(hit.name));
    const said = inEnglish(asked).toLowerCase();
    const of = Object.fromEntries(
      Object.entries(topic).map(([kind, pattern]) => [kind, said.match(pattern) ?? []]),
    );
    const known = theirs.get(first.name);
    const counted = Object.entries(limits.counted).map(
      ([kind, most]) => fit[kind] * Math.min(new Set(of[kind]).size, most),
    );
    const strange = limits.theirs.map((kind) => {
      const named = [...new Set(of[kind].map(stem))].filter((name) => !known.has(name));
      return fit[kind] * Math.min(named.length, limits.strange);
    });
    const [libraries, ...others] = limits.theirs.map((kind) => new Set(of[kind].map(stem)).size);
    return (
      fit.score * first.score +
      fit.ahead * (unanswerable ? first.score - unanswerable.score : 1) +
      sum(counted) +
      sum(strange) +
      (of.keras.length ? 0 : fit.elsewhere * Math.min(libraries, limits.elsewhere)) +
      (of.lstm.length ? 0 : fit.alone * Math.min(sum(others), limits.alone)) +
      fit.unheard * Math.min(unheard(asked).length, limits.unheard) +
      fit.uncovered * uncovered(asked, first.name) +
      fit.always
    );
  }

  return function find(text) {
    const whole = text.length <= 2 * limits.read;
    const read = whole ? text : `${text.slice(0, limits.read)}\n${text.slice(-limits.read)}`;
    const words = read.replace(/\x1b\[[0-9;]*[A-Za-z]/g, "").trim();
    const named = referred(words);
    if (named) return named;
    const error = readError(words);
    const hits = error ? rankedByError(error) : ranked(words);
    const best = hits.map((hit) => hit.name);
    const elsewhere = error?.elsewhere && !words.toLowerCase().match(topic.ours);
    const answering = best.filter(answers);
    const isSilent = silent.has(wordsOf(words).join(" "));
    if (!elsewhere && !isSilent && sureness(hits, words) >= limits.sure) {
      return { hits: answering.slice(0, 1 + limits.others), sure: true };
    }
    const nearest = answering.filter((name) => index.claims[name]).slice(0, limits.others);
    return { hits: answers(best[0]) ? nearest : [best[0], ...nearest], sure: false };
  };
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}

// Cuts off what a word's form adds: a plural, -ing, -ed, -ly, a doubled or silent letter.
function stem(given) {
  let word = given;
  if (word.endsWith("ies") && word.length > 4) word = `${word.slice(0, -3)}y`;
  else if (word.endsWith("s") && word.length > 3 && !"sui".includes(word.at(-2))) {
    word = word.slice(0, -1);
  }
  for (const [ending, length] of [["ing", 5], ["ed", 4], ["ly", 5]]) {
    if (word.endsWith(ending) && word.length > length) {
      word = word.slice(0, -ending.length);
      break;
    }
  }
  if (word.length > 3 && word.at(-1) === word.at(-2) && !"sl".includes(word.at(-1))) {
    word = word.slice(0, -1);
  }
  return word.length > 3 && word.endsWith("e") ? word.slice(0, -1) : word;
}

// Reads words.bin: a line of JSON, the words, a scale for each word, and their vectors in bytes.
function readTable(encoded) {
  const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
  const end = bytes.indexOf(10);
  const { words, dimensions } = JSON.parse(new TextDecoder().decode(bytes.subarray(0, end)));
  const scales = bytes.slice(bytes.length - words * (dimensions + 4)).buffer.slice(0, 4 * words);
  const numbers = new Int8Array(bytes.buffer, bytes.length - words * dimensions);
  const listed = new TextDecoder().decode(bytes.subarray(end + 1, bytes.length - words * (dimensions + 4)));
  const rows = new Map(listed.split("\n").slice(0, words).map((name, row) => [name, row]));
  return { rows, width: dimensions, scales: new Float32Array(scales), numbers };
}
