// A turn on the page: the question, the answer as it comes, and what somebody may say about it.
//
// const shown = turn(list, "Where is it?", { rate, correct, retry });  shown.write("On its");

const SVG = "http://www.w3.org/2000/svg";

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

function button(name, label, act) {
  const made = element("button", { type: "button", className: "icon", title: label, onclick: act });
  made.setAttribute("aria-label", label);
  made.append(icon(name));
  return made;
}

const quiet = (text) => element("span", { className: "quiet", textContent: text });

export function turn(list, question, act) {
  const words = element("p", { className: "words" });
  const body = element("div", { className: "answer waiting" }, quiet("Answer: "), words);
  const error = element("p", { className: "error" });
  error.setAttribute("role", "alert");
  const asked = element("p", { className: "question" }, quiet("You: "), question);
  const item = element("li", { className: "turn" }, asked, body, error);
  body.setAttribute("aria-busy", "true");
  list.append(item);
  return new Turn({ item, words, body, error, act });
}

class Turn {
  constructor(parts) {
    Object.assign(this, parts);
    this.tools = null;
    this.text = document.createTextNode("");
    this.words.append(this.text);
  }

  write(text) {
    this.body.classList.remove("waiting");
    this.text.appendData(text);
  }

  // The answer is whole: who gave it, how long it is, and what to think of it.
  end(turn) {
    this.body.classList.remove("waiting");
    this.body.setAttribute("aria-busy", "false");
    if (turn.answer) this.#showTools(turn);
    else this.body.remove();
  }

  #showTools(turn) {
    this.up = button("up", "Good answer", () => this.act.rate("up"));
    this.down = button("down", "Bad answer", () => this.act.rate("down"));
    this.pen = button("pen", "Correct this answer", () => this.#correct(turn));
    this.state = element("span", { className: "state" });
    this.tools = element("div", { className: "tools" });
    // A stopped answer may have come without an id; then there is nothing to rate.
    if (turn.id) this.tools.append(this.up, this.down, this.pen);
    this.tools.append(element("span", { className: "about", textContent: about(turn) }), this.state);
    this.body.append(this.tools);
    this.rated(turn);
  }

  rated(turn) {
    this.up.setAttribute("aria-pressed", String(turn.rating === "up"));
    this.down.setAttribute("aria-pressed", String(turn.rating === "down"));
    this.pen.setAttribute("aria-pressed", String(Boolean(turn.correction)));
    this.body.querySelector(".corrected")?.remove();
    if (!turn.correction) return;
    const shown = element("blockquote", { className: "corrected" });
    shown.append(quiet("Your correction: "), turn.correction);
    this.tools.before(shown);
  }

  say(text) {
    this.state.textContent = text;
  }

  #correct(turn) {
    if (this.body.querySelector("form")) return this.body.querySelector("textarea").focus();
    const field = element("textarea", { rows: 3, value: turn.correction || turn.answer });
    const close = () => { form.remove(); this.pen.focus(); };
    const save = element("button", { type: "submit", className: "main", textContent: "Save" });
    const cancel = element("button", { type: "button", textContent: "Cancel", onclick: close });
    const label = element("label", {}, "A better answer", field);
    const form = element("form", { className: "correct" }, label,
      element("p", { className: "row" }, cancel, save));
    form.onsubmit = async (event) => {
      event.preventDefault();
      const text = field.value.trim();
      if (!text) return field.focus();
      save.disabled = true;
      if (await this.act.correct(text)) close();
      else save.disabled = false;
    };
    form.onkeydown = (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      close();
    };
    this.tools.after(form);
    grow(field);
    field.oninput = () => grow(field);
    field.focus();
    form.scrollIntoView({ block: "nearest" });
  }

  fail(text, settings) {
    this.error.replaceChildren(`${text} `);
    const again = element("button", { type: "button", textContent: "Try again" });
    again.onclick = this.act.retry;
    const open = element("button", { type: "button", textContent: "Settings" });
    open.onclick = this.act.settings;
    this.error.append(...(settings ? [open, " "] : []), again);
  }

  // Ready for another try at the same question.
  clear() {
    this.error.replaceChildren();
    this.text.data = "";
    this.body.querySelector(".tools")?.remove();
    this.error.before(this.body);
    this.body.classList.add("waiting");
    this.body.setAttribute("aria-busy", "true");
  }
}

function about(turn) {
  const tokens = turn.usage?.completion_tokens;
  const parts = [turn.model];
  if (Number.isInteger(tokens)) parts.push(`${tokens} ${tokens === 1 ? "token" : "tokens"}`);
  if (turn.seconds !== null) parts.push(`${turn.seconds.toFixed(1)} s`);
  if (turn.stopped) parts.push("stopped");
  if (turn.finish === "length") parts.push("cut at max tokens");
  if (turn.dropped) parts.push(`without the oldest ${turn.dropped} messages`);
  return parts.filter(Boolean).join(" · ");
}

export function grow(field) {
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight + 2}px`;
}
