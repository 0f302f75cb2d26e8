// A conversation about the image: each question is answered for itself.

import { stream } from "./api.js";
import { shown } from "./images.js";

const talk = document.getElementById("talk");

/** Shows what was said about an image. */
export function showTalk(image) {
  talk.replaceChildren(...image.talk.map(line => line.element));
  talk.scrollTop = talk.scrollHeight;
}

/** Asks about the image that is shown. */
export async function ask(question) {
  const image = shown();
  say(image, "asked", question);
  const answer = say(image, "answered busy", "");
  try {
    await stream("ask", { question }, image.file, (name, data) => {
      answer.textContent = name === "words" ? answer.textContent + data.text : data.answer;
    });
    answer.className = "answered";
  } catch (error) {
    answer.className = "failed";
    answer.textContent = error.message;
  }
}

function say(image, kind, text) {
  const element = document.createElement("li");
  element.className = kind;
  element.textContent = text;
  image.talk.push({ element });
  if (shown() === image) {
    talk.append(element);
    talk.scrollTop = talk.scrollHeight;
  }
  return element;
}
