// Settings in the browser: all but the key stay; the key goes with the tab.
//
// sampling({ temperature: "0.7", seed: "" })  →  { temperature: 0.7 }

const KEPT = "chatloop.settings";
const KEY = "chatloop.key";
const NUMBERS = ["temperature", "top_p", "top_k", "max_tokens", "seed"];
const FIELDS = ["model", "system", ...NUMBERS];

function stored(storage, name) {
  try {
    return storage.getItem(name);
  } catch {
    return null; // storage is switched off
  }
}

function store(storage, name, value) {
  try {
    if (value) storage.setItem(name, value);
    else storage.removeItem(name);
  } catch {
    // Storage is full or switched off: settings last as long as the page.
  }
}

export function load() {
  try {
    const found = JSON.parse(stored(localStorage, KEPT) || "{}");
    return found && typeof found === "object" && !Array.isArray(found) ? found : {};
  } catch {
    return {};
  }
}

export function save(settings) {
  store(localStorage, KEPT, JSON.stringify(settings));
}

export const key = () => stored(sessionStorage, KEY) || "";

export const keepKey = (value) => store(sessionStorage, KEY, value.trim());

// What the form says, as text; a number that is none, or out of bounds, is left out.
export function read(form) {
  const said = {};
  for (const name of FIELDS) {
    const field = form.elements[name];
    if (field.value && field.checkValidity()) said[name] = field.value;
  }
  return said;
}

export function show(form, settings) {
  for (const name of FIELDS) form.elements[name].value = settings[name] ?? "";
  form.elements.key.value = key();
}

// What a request says of them: only what somebody chose.
export function sampling(settings) {
  const chosen = {};
  for (const name of NUMBERS) {
    const text = settings[name];
    if (text !== undefined && text !== "" && Number.isFinite(Number(text))) {
      chosen[name] = Number(text);
    }
  }
  return chosen;
}
