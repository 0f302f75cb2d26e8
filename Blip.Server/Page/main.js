// What the page does with what people do.

import { onRefused, useKey } from "./api.js";
import { serveCaptions, showCaption } from "./caption.js";
import { shown, watch } from "./images.js";
import { choose, rank, showRanks } from "./matches.js";
import { ask, showTalk } from "./questions.js";
import { showSamples } from "./samples.js";
import { searchImage, searchWords } from "./search.js";
import { tryKey, waitForKey, watchServer } from "./status.js";

const byId = id => document.getElementById(id);

const examples = {
  demo: { question: "what color is the star?", texts: "a small red circle\na large blue star", query: "a red star on a pink background" },
  photographs: { question: "what color is the car?", texts: "a dog on a beach\na cat on a sofa", query: "a dog on a beach" },
};

byId("intake").hidden = false;

watch(image => {
  if (byId("search-image").disabled) {
    byId("search-image").disabled = false;
    byId("search-note").textContent = "";
  }
  showTalk(image);
  showRanks(image);
  showCaption(image);
});

on("ask", async () => {
  const question = byId("question").value.trim();
  byId("question").value = "";
  if (question)
    await ask(question);
});

const texts = () => byId("texts").value.split("\n").map(text => text.trim()).filter(text => text);

on("match", async () => {
  if (texts().length > 0)
    await rank(texts());
});

byId("label").addEventListener("click", async () => {
  if (texts().length > 0)
    await choose(texts());
});

on("search", () => searchWords(byId("query").value));
byId("search-image").addEventListener("click", searchImage);

on("key", () => {
  const complaint = useKey(byId("key-input").value);
  sayOfKey(complaint);
  if (!complaint)
    tryKey();
});

onRefused(sent => {
  byId("key").hidden = false;
  byId("key-input").focus();
  sayOfKey(sent ? "The server does not know this key." : "");
  waitForKey();
});

watchServer(show, () => {
  const image = shown();
  if (image?.trouble)
    showCaption(image);
});

function on(form, action) {
  byId(form).addEventListener("submit", event => {
    event.preventDefault();
    action();
  });
}

function sayOfKey(complaint) {
  byId("key-trouble").hidden = !complaint;
  byId("key-trouble").textContent = complaint;
}

function show({ data, index }) {
  const served = data.map(model => model.id);
  const demo = data.some(model => model.demo);
  byId("key").hidden = true;
  serveCaptions(served.includes("caption"));
  byId("ask-card").hidden = !served.includes("ask");
  byId("match-card").hidden = !served.includes("match");
  byId("search-card").hidden = !index;
  byId("demo").hidden = byId("samples-card").hidden = !demo;
  showSamples(byId("samples"));
  for (const [id, text] of Object.entries(demo ? examples.demo : examples.photographs))
    byId(id).placeholder = text;
}
