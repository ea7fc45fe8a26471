// The page: asks, shows, keeps opinions. The server's words are only ever text here.

import * as api from "./api.js";
import * as talk from "./conversation.js";
import * as settings from "./settings.js";
import { grow, turn as showTurn } from "./view.js";

const $ = (id) => document.getElementById(id);
const [ask, question, list, scroll, dialog, form] =
  ["ask", "question", "turns", "scroll", "settings", "settings-form"].map($);

let chosen = settings.load();
let conversation = talk.begun();
let running = null; // what stops the answer that is being written

// Asking ------------------------------------------------------------------------------------------

ask.onsubmit = (event) => {
  event.preventDefault();
  const words = question.value.trim();
  if (!words || running) return;
  question.value = "";
  grow(question);
  list.querySelector(".error button")?.closest(".error").replaceChildren("Not answered.");
  const turn = talk.asked(words);
  conversation.turns.push(turn);
  $("welcome").hidden = true;
  const shown = showTurn(list, words, {
    rate: (rating) => keep(turn, shown, { rating }),
    correct: (correction) => keep(turn, shown, { correction }),
    retry: () => retry(turn, shown),
    settings: () => openSettings("key"),
  });
  down(true);
  run(turn, shown);
};

function retry(turn, shown) {
  if (running || conversation.turns.at(-1) !== turn) return;
  Object.assign(turn, talk.asked(turn.question));
  shown.clear();
  question.focus();
  run(turn, shown);
}

async function run(turn, shown) {
  const mine = conversation;
  running = new AbortController();
  busy(true);
  const began = performance.now();
  const used = { ...chosen, model: chosen.model || known[0] };
  const request = talk.request(mine, used, settings.sampling(chosen));
  let failed = null;
  try {
    for await (const part of api.answer(request, settings.key(), running.signal)) take(turn, shown, part);
  } catch (error) {
    turn.stopped = error.name === "AbortError";
    failed = turn.stopped ? null : error;
  }
  turn.seconds = (performance.now() - began) / 1000;
  running = null;
  busy(false);
  if (mine !== conversation) return; // somebody began anew meanwhile
  shown.end(turn);
  if (failed) shown.fail(api.explained(failed), failed.status === 401);
  else if (turn.answer) announce(`Answer: ${turn.answer}`);
  else shown.fail(turn.stopped ? "Stopped." : "The answer is empty.");
  down();
}

function take(turn, shown, part) {
  for (const name of ["id", "model", "fingerprint", "usage", "finish", "dropped"]) {
    turn[name] = part[name] || turn[name];
  }
  if (!part.text) return;
  turn.answer += part.text;
  const follow = atEnd();
  shown.write(part.text);
  if (turn.model) $("version").textContent = turn.model;
  if (follow) down(true);
}

function busy(is) {
  const held = document.activeElement === $("stop") || document.activeElement === $("send");
  $("send").hidden = is;
  $("stop").hidden = !is;
  if (held) (is ? $("stop") : question).focus();
  if (is) announce("The answer is being written");
}

const stop = () => running?.abort();
$("stop").onclick = stop;

const atEnd = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80;

function down(always = atEnd()) {
  if (always) scroll.scrollTop = scroll.scrollHeight;
}

function announce(text) {
  $("announce").textContent = text;
}

question.oninput = () => grow(question);
question.onkeydown = (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  ask.requestSubmit();
};
document.onkeydown = (event) => {
  if (event.key === "Escape" && !dialog.open) {
    if (!$("formats").hidden) closeMenu(true);
    else stop();
  }
};

// Opinions ----------------------------------------------------------------------------------------

// The page shows what is kept, not what was wished: it changes when the server has it.
async function keep(turn, shown, change) {
  shown.say("");
  try {
    await api.rate(talk.opinion({ ...turn, ...change }), settings.key());
  } catch (error) {
    shown.say(`Not kept: ${api.explained(error)}`);
    announce(`Not kept: ${api.explained(error)}`);
    return false;
  }
  Object.assign(turn, change);
  shown.rated(turn);
  announce(change.rating ? "Your thumb is kept" : "Your correction is kept");
  return true;
}

// New, export -------------------------------------------------------------------------------------

$("reset").onclick = () => {
  stop();
  conversation = talk.begun();
  list.replaceChildren();
  $("welcome").hidden = false;
  announce("New conversation");
  question.focus();
};

$("export").onclick = () => ($("formats").hidden ? openMenu() : closeMenu(true));

function openMenu() {
  $("formats").hidden = false;
  $("export").setAttribute("aria-expanded", "true");
  $("export-markdown").focus();
}

function closeMenu(back) {
  $("formats").hidden = true;
  $("export").setAttribute("aria-expanded", "false");
  if (back) $("export").focus();
}

$("formats").parentElement.addEventListener("focusout", (event) => {
  if (!event.currentTarget.contains(event.relatedTarget)) closeMenu(false);
});

function download(name, type, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  closeMenu(true);
  announce(`Exported as ${name}`);
}

$("export-json").onclick = () =>
  download("conversation.json", "application/json", talk.asJson(conversation, chosen));
$("export-markdown").onclick = () =>
  download("conversation.md", "text/markdown", talk.asMarkdown(conversation, chosen));

// Settings ----------------------------------------------------------------------------------------

const dark = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (chosen.theme ? chosen.theme === "dark" : dark.matches);

function showTheme() {
  if (chosen.theme) document.documentElement.dataset.theme = chosen.theme;
  $("theme").setAttribute("aria-pressed", String(isDark()));
}

$("theme").onclick = () => {
  chosen = { ...chosen, theme: isDark() ? "light" : "dark" };
  settings.save(chosen);
  showTheme();
};
dark.onchange = showTheme;

function openSettings(field = "model") {
  settings.show(form, chosen);
  dialog.showModal();
  $(field).focus();
}

$("open-settings").onclick = () => openSettings();
$("close-settings").onclick = () => dialog.close();
form.onsubmit = (event) => {
  event.preventDefault();
  dialog.close();
};
$("defaults").onclick = () => settings.show(form, {});
dialog.onclick = (event) => {
  if (event.target === dialog) dialog.close(); // beside it; a handler's false would end any click
};
dialog.onclose = () => {
  chosen = { ...settings.read(form), ...(chosen.theme ? { theme: chosen.theme } : {}) };
  settings.save(chosen);
  const before = settings.key();
  settings.keepKey(form.elements.key.value);
  if (settings.key() !== before) showVersions();
  else showVersion();
};

let known = [];

async function showVersions() {
  try {
    known = await api.versions(settings.key());
  } catch {
    known = []; // asking says why
  }
  const all = [...new Set([...known, ...(chosen.model ? [chosen.model] : [])])];
  $("model").replaceChildren(
    new Option("The server's own", ""), ...all.map((name) => new Option(name, name)));
  $("model").value = chosen.model || "";
  showVersion();
}

function showVersion() {
  const first = known.find((name) => name.includes("@")) || known[0] || "";
  $("version").textContent = chosen.model || conversation.turns.at(-1)?.model || first;
}

showTheme();
showVersions();
question.focus();
