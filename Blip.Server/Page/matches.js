// Texts, ranked by how well they fit the image.

import { post } from "./api.js";
import { shown } from "./images.js";

const ranks = document.getElementById("ranks");

/** Shows what was ranked for an image. */
export function showRanks(image) {
  ranks.replaceChildren(...(image.ranks ?? []));
}

/** Ranks texts for the image that is shown. */
export const rank = texts => fill(async image => {
  const result = (await post("match", { texts }, image.file)).results[0];
  return result.matches.toSorted((a, b) => b.match_probability - a.match_probability).map(match => row(match.text, match.match_probability));
});

/** Chooses among texts, of which one is right, for the image that is shown. */
export const choose = labels => fill(async image => {
  const result = (await post("label", { labels }, image.file)).results[0];
  return result.labels.map(label => row(label.label, label.probability));
});

async function fill(rows) {
  const image = shown();
  try {
    image.ranks = await rows(image);
  } catch (error) {
    const item = document.createElement("li");
    item.className = "trouble";
    item.textContent = error.message;
    image.ranks = [item];
  }
  if (shown() === image)
    showRanks(image);
}

function row(words, probability) {
  const percent = `${(100 * probability).toFixed(1)} %`;
  const item = document.createElement("li");
  const [text, score, bar] = ["span", "span", "meter"].map(name => document.createElement(name));
  text.textContent = words;
  score.textContent = percent;
  bar.value = probability;
  bar.setAttribute("aria-label", `${words}: ${percent}`);
  item.append(text, score, bar);
  return item;
}
