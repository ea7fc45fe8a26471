// The server, as OpenAI's API has it: a stream of answers, versions, and feedback.
//
// for await (const part of answer(request, key, signal)) …  { text } { model } { usage } { id }

export class Refusal extends Error {
  // `status` 0: the server could not be reached.
  constructor(status, message, retryAfter) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

const headers = (key) => ({
  "Content-Type": "application/json",
  ...(key ? { Authorization: `Bearer ${key}` } : {}),
});

async function call(path, options) {
  let response;
  try {
    response = await fetch(path, { credentials: "same-origin", redirect: "error", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal(0, "The server cannot be reached.");
  }
  if (!response.ok) throw await refusal(response);
  return response;
}

async function refusal(response) {
  const said = await response.json().catch(() => ({}));
  const message = said?.error?.message;
  const after = Number.parseInt(response.headers.get("Retry-After"), 10);
  return new Refusal(response.status, typeof message === "string" ? message : "", after || null);
}

// One line that says what happened and what to do.
export function explained(error) {
  if (!(error instanceof Refusal)) return "The answer broke off. Try again.";
  const later = error.retryAfter ? `in ${error.retryAfter} s` : "in a moment";
  const known = {
    0: `${error.message} Is it running?`,
    401: "This server asks for an API key. Put it into the settings.",
    429: `Too many requests at once. Try again ${later}.`,
    503: error.message || `The model is not there yet. Try again ${later}.`,
  };
  return known[error.status] || error.message || `The server refused (${error.status}).`;
}

export async function versions(key) {
  const response = await call("v1/models", { headers: headers(key) });
  const list = (await response.json()).data;
  return Array.isArray(list) ? list.map((model) => String(model.id)) : [];
}

export async function rate(opinion, key) {
  const body = JSON.stringify(opinion);
  await call("v1/feedback", { method: "POST", headers: headers(key), body });
}

export async function* answer(request, key, signal) {
  const body = JSON.stringify({ ...request, stream: true, stream_options: { include_usage: true } });
  const response = await call("v1/chat/completions", {
    method: "POST", headers: headers(key), body, signal,
  });
  let ended = false;
  for await (const data of events(response.body, signal)) {
    if (data === "[DONE]") return;
    const part = understood(data);
    ended ||= part.finish !== null;
    yield part;
  }
  if (!ended) throw new Refusal(0, "The connection broke off.");
}

function understood(data) {
  const chunk = JSON.parse(data);
  if (chunk.error) throw new Refusal(Number(chunk.error.status) || 500, chunk.error.message || "");
  const choice = chunk.choices?.[0];
  return {
    id: chunk.id,
    model: chunk.model,
    fingerprint: chunk.system_fingerprint,
    text: choice?.delta?.content || "",
    finish: choice?.finish_reason || null,
    usage: chunk.usage || null,
    dropped: chunk.dropped_messages || null,
  };
}

// The data of server-sent events (WHATWG HTML, 9.2.6): lines, an empty one ends an event.
async function* events(stream, signal) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let data = [];
  for (;;) {
    const { value, done } = await read(reader, signal);
    if (done) return;
    const lines = (rest + value).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop();
    for (const line of lines) {
      if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
      if (line === "" && data.length) {
        yield data.join("\n");
        data = [];
      }
    }
  }
}

async function read(reader, signal) {
  try {
    return await reader.read();
  } catch (error) {
    if (signal?.aborted || error.name === "AbortError") throw new DOMException("", "AbortError");
    throw new Refusal(0, "The connection broke off.");
  }
}
