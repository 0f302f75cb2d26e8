// How images come in: chosen, dropped, pasted, taken by a camera; and which one is looked at.

const images = [];
let current = null;
let whenShown = () => {};

export const shown = () => current;

/** Watches every way in. */
export function watch(elements, onShown) {
  whenShown = onShown;
  for (const input of elements.inputs) {
    input.addEventListener("change", () => {
      add(elements, [...input.files]);
      input.value = "";
    });
  }
  document.addEventListener("paste", event => add(elements, [...(event.clipboardData?.files ?? [])]));
  document.addEventListener("dragover", event => {
    event.preventDefault();
    elements.intake.classList.add("over");
  });
  document.addEventListener("dragleave", event => {
    if (!event.relatedTarget)
      elements.intake.classList.remove("over");
  });
  document.addEventListener("drop", event => {
    event.preventDefault();
    elements.intake.classList.remove("over");
    add(elements, [...(event.dataTransfer?.files ?? [])]);
  });
}

function add(elements, files) {
  const added = files.map(file => ({ file, url: URL.createObjectURL(file), talk: [], ranks: null, caption: null, maps: new Map() }));
  for (const image of added) {
    image.button = thumbnail(image);
    const item = document.createElement("li");
    item.append(image.button);
    elements.strip.append(item);
  }
  images.push(...added);
  if (added.length > 0)
    show(added[0]);
}

function thumbnail(image) {
  const button = document.createElement("button");
  button.type = "button";
  const picture = document.createElement("img");
  picture.src = image.url;
  picture.alt = image.file.name || "pasted image";
  button.append(picture);
  button.addEventListener("click", () => show(image));
  return button;
}

function show(image) {
  current = image;
  for (const other of images)
    other.button.setAttribute("aria-current", String(other === image));
  whenShown(image);
}
