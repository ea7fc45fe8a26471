// What was said, as a value; what is sent of it, and what is exported.
//
// { session: "9f86…", turns: [{ question: "Where is it?", answer: "On its way.", id: "chatcmpl-…",
//   model: "chatloop@3", rating: "up", correction: null, … }] }

export function random() {
  // randomUUID is for secure contexts alone, and a phone in the same room may use plain HTTP.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export const begun = () => ({ session: random(), turns: [] });

export const asked = (question) => ({
  question, answer: "", id: null, model: "", fingerprint: "", usage: null, seconds: null,
  rating: null, correction: null, finish: null, dropped: null, stopped: false,
});

// The request for the last turn: earlier turns count where they have an answer, and the oldest go
// where the model has no room for all of them; nobody who chats can shorten what was said.
export function request(conversation, settings, sampling) {
  const turns = conversation.turns;
  const messages = settings.system ? [{ role: "system", content: settings.system }] : [];
  for (const turn of turns.slice(0, -1).filter((one) => one.answer)) {
    messages.push({ role: "user", content: turn.question });
    messages.push({ role: "assistant", content: turn.answer });
  }
  messages.push({ role: "user", content: turns.at(-1).question });
  const metadata = { session: conversation.session, source: "page" };
  const model = settings.model || "chatloop";
  return { model, messages, metadata, truncation: "auto", ...sampling };
}

// A second opinion counts instead of the first, so each says all there is to say.
export function opinion(turn) {
  const said = { completion_id: turn.id, idempotency_key: random() };
  if (turn.rating) said.rating = turn.rating;
  if (turn.correction) said.correction = turn.correction;
  return said;
}

// `messages` is a format that `chatloop run` reads.
export function asJson(conversation, settings) {
  const { theme, ...used } = settings;
  const messages = used.system ? [{ role: "system", content: used.system }] : [];
  const answers = [];
  for (const turn of conversation.turns.filter((one) => one.answer)) {
    messages.push({ role: "user", content: turn.question });
    messages.push({ role: "assistant", content: turn.answer });
    const { id, model, fingerprint, usage, rating, correction, finish, stopped } = turn;
    answers.push({ id, model, fingerprint, usage, rating, correction, finish, stopped });
  }
  const about = { id: conversation.session, exported: new Date().toISOString(), settings: used };
  return `${JSON.stringify({ ...about, messages, answers }, null, 2)}\n`;
}

export function asMarkdown(conversation, settings) {
  const parts = ["# Conversation"];
  if (settings.system) parts.push(`**System**\n\n${settings.system}`);
  for (const turn of conversation.turns.filter((one) => one.answer)) {
    parts.push(`**You**\n\n${turn.question}`);
    const thumb = { up: ", thumbs up", down: ", thumbs down" }[turn.rating] || "";
    parts.push(`**${turn.model || "Assistant"}**${thumb}\n\n${turn.answer}`);
    if (turn.correction) parts.push(`**Corrected**\n\n${turn.correction}`);
  }
  return `${parts.join("\n\n")}\n`;
}
