"use strict";
// What is packed in this page is unpacked: the arrays, and what draws the pictures. Then it begins.
const $ = (id) => document.getElementById(id);
let held; // the bytes of all arrays

function unpacked(id) {
  const letters = atob($(id).textContent), bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")));
}

function load(text) {
  document.head.append(Object.assign(document.createElement("script"), { textContent: text }));
}

async function start() {
  const [arrays, plotly] = await Promise.all([unpacked("arrays").arrayBuffer(), unpacked("plotly").text()]);
  held = new Uint8Array(arrays);
  load(plotly);
  load($("script").textContent);
}

function showStill(why) { // what needs no script, after all
  for (const part of document.querySelectorAll(".live")) part.hidden = true;
  const still = document.querySelector("main > noscript");
  still.insertAdjacentHTML("afterend", still.textContent);
  still.after(Object.assign(document.createElement("p"), { textContent: `${why} Here is what needs no script.` }));
}

if (typeof DecompressionStream === "undefined") {
  showStill("This browser is too old to unpack what this page holds: Chrome or Edge 80, Firefox 113, Safari 16.4 and later can.");
} else {
  start().catch((error) => showStill(`What this page holds cannot be unpacked (${error.message}): write the page again.`));
}
