// Images to try the demo models with: drawn here, in the colours that those models know.

import { add } from "./images.js";

const side = 128;
const colors = {
  gray: "#969696", pink: "#ffbecb", brown: "#79553d", cyan: "#78dce6",
  red: "#d63031", blue: "#2962ff", green: "#27ae60", yellow: "#facc15", white: "#f5f5f5", orange: "#f37814",
};

// Of each shape: its kind, its colour, its centre and its radius as shares of the side.
const samples = [
  { name: "circle and star", back: "gray", shapes: [["circle", "red", 0.27, 0.5, 0.11], ["star", "blue", 0.7, 0.5, 0.2]] },
  { name: "ring", back: "cyan", shapes: [["ring", "white", 0.6, 0.6, 0.19]] },
  { name: "square and triangle", back: "pink", shapes: [["square", "green", 0.5, 0.27, 0.2], ["triangle", "yellow", 0.5, 0.74, 0.11]] },
  { name: "cross", back: "brown", shapes: [["cross", "orange", 0.45, 0.5, 0.2]] },
];

/** Puts a button for each into a list. */
export function showSamples(list) {
  list.replaceChildren(...samples.map(sample => {
    const canvas = draw(sample);
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-label", `Try a ${sample.name}`);
    button.append(canvas);
    button.addEventListener("click", () => canvas.toBlob(blob => add([new File([blob], `${sample.name}.png`, { type: blob.type })])));
    const item = document.createElement("li");
    item.append(button);
    return item;
  }));
}

function draw({ back, shapes }) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const pen = canvas.getContext("2d");
  pen.fillStyle = colors[back];
  pen.fillRect(0, 0, side, side);
  for (const [kind, color, x, y, r] of shapes) {
    pen.fillStyle = colors[color];
    pen.beginPath();
    outlines[kind](pen, x * side, y * side, r * side);
    pen.fill("evenodd");
  }
  return canvas;
}

// The proportions are those of the images that the demo models learned from.
const outlines = {
  circle: (pen, x, y, r) => pen.arc(x, y, r, 0, 2 * Math.PI),
  ring: (pen, x, y, r) => {
    pen.arc(x, y, r, 0, 2 * Math.PI);
    pen.closePath();
    pen.moveTo(x + 0.55 * r, y);
    pen.arc(x, y, 0.55 * r, 0, 2 * Math.PI);
  },
  square: (pen, x, y, r) => pen.rect(x - 0.88 * r, y - 0.88 * r, 1.76 * r, 1.76 * r),
  triangle: (pen, x, y, r) => polygon(pen, x, y, [1.1 * r, 1.1 * r, 1.1 * r]),
  star: (pen, x, y, r) => polygon(pen, x, y, Array.from({ length: 10 }, (_, i) => (i % 2 ? 0.45 : 1.15) * r)),
  cross: (pen, x, y, r) => {
    const bar = 0.38 * r;
    const corners = [[-bar, -r], [bar, -r], [bar, -bar], [r, -bar], [r, bar], [bar, bar], [bar, r], [-bar, r], [-bar, bar], [-r, bar], [-r, -bar], [-bar, -bar]];
    for (const [right, down] of corners)
      pen.lineTo(x + right, y + down);
  },
};

// Corners at these distances from the centre, clockwise from the top.
function polygon(pen, x, y, reaches) {
  for (const [i, reach] of reaches.entries()) {
    const angle = 2 * Math.PI * i / reaches.length - Math.PI / 2;
    pen.lineTo(x + reach * Math.cos(angle), y + reach * Math.sin(angle));
  }
}
