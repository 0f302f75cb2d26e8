// Texts, ranked by how well they fit the image.

import { post } from "./api.js";
import { shown } from "./images.js";

const ranks = document.getElementById("ranks");

/** Shows what was ranked for an image. */
export function showRanks(image) {
  ranks.replaceChildren(...(image.ranks ?? []));
}

/** Ranks texts for the image that is shown. */
export async function rank(texts) {
  const image = shown();
  try {
    const result = (await post("match", { texts }, image.file)).results[0];
    image.ranks = result.matches.toSorted((a, b) => b.match_probability - a.match_probability).map(row);
  } catch (error) {
    const item = document.createElement("li");
    item.className = "trouble";
    item.textContent = error.message;
    image.ranks = [item];
  }
  if (shown() === image)
    showRanks(image);
}

function row(match) {
  const percent = `${(100 * match.match_probability).toFixed(1)} %`;
  const item = document.createElement("li");
  const [text, score, bar] = ["span", "span", "meter"].map(name => document.createElement(name));
  text.textContent = match.text;
  score.textContent = percent;
  bar.value = match.match_probability;
  bar.setAttribute("aria-label", `${match.text}: ${percent}`);
  item.append(text, score, bar);
  return item;
}
