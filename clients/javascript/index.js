// Sends events to Turret in the background. `track` never throws and never waits.
import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";

const RETRY = new Set([408, 429, 500, 502, 503, 504]);
const HALVE = new Set([400, 413]); // one event may have spoilt the batch, or the batch may be too large
const MAX_BATCH_BYTES = 4_000_000; // a quarter of what the collector accepts by default
const MAX_CHARACTERS = 10_000; // per text of an event
const conversations = new AsyncLocalStorage();

export class Turret {
  constructor(url, key, { maxEvents = 10_000, batch = 100, everyMs = 1000, timeoutMs = 5000, giveUpMs = 600_000 } = {}) {
    this.url = url.replace(/\/+$/, "") + "/batch";
    this.headers = { "X-API-Key": key, "Content-Type": "application/json" };
    Object.assign(this, { maxEvents, batch, everyMs, timeoutMs, giveUpMs });
    this.queue = []; // JSON texts; never more than maxEvents
    this.sent = this.dropped = 0;
    this.sending = null;
    this.deadline = Infinity;
    this.timer = this.wake = this.request = null;
    process.once("beforeExit", () => this.close());
  }

  /** Queue one event; false if the queue is full. With an eventId of your own, feedback can be about it later. */
  track(name, metadata, { sessionId, userId, eventId } = {}) {
    const around = conversations.getStore() ?? {};
    return this.#enqueue({
      name, metadata, session_id: sessionId ?? around.sessionId, user_id: userId ?? around.userId,
      event_id: eventId ?? randomUUID(), // makes sending it again harmless
    });
  }

  /** Queue feedback about an event or a session, else about the session of `conversation`; false as for `track`. */
  feedback(score, { eventId, sessionId, scale, label, comment, userId, feedbackId } = {}) {
    const around = conversations.getStore() ?? {};
    return this.#enqueue({
      type: "feedback", score, scale, label, comment, event_id: eventId,
      session_id: sessionId ?? (eventId ? undefined : around.sessionId), user_id: userId ?? around.userId,
      feedback_id: feedbackId ?? randomUUID(), // makes sending it again harmless
    });
  }

  #enqueue(item) {
    try {
      if (this.queue.length >= this.maxEvents) throw new Error("the queue is full");
      const timestamp = new Date().toISOString(); // when it happened, not when it was sent
      this.queue.push(JSON.stringify({ ...item, timestamp }));
    } catch (error) { // a value that is not JSON must not break the app either
      this.dropped += 1;
      return false;
    }
    if (this.queue.length >= this.batch) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), this.everyMs).unref();
    return true;
  }

  /** Give every event in the callback, and in whatever it starts, this session and user unless it has its own. */
  conversation(who, run) {
    return conversations.run(who, run);
  }

  /** Send all queued events; never rejects. */
  flush() {
    clearTimeout(this.timer);
    this.timer = null;
    this.sending ??= this.#drain().finally(() => { this.sending = null; });
    return this.sending;
  }

  /** Send queued events until the timeout. Called when Node has nothing else to do; await it before process.exit(). */
  async close(timeoutMs = 5000) {
    this.deadline = Date.now() + timeoutMs;
    this.wake?.(); // retry a waiting batch now
    const timer = setTimeout(() => {
      this.deadline = 0;
      this.request?.abort();
    }, timeoutMs);
    await this.flush();
    clearTimeout(timer);
    this.deadline = Infinity;
  }

  async #drain() {
    while (this.queue.length > 0 && this.deadline > 0) await this.#send(this.#take());
    if (this.queue.length > 0) this.#drop(this.queue.splice(0).length, "unsent");
  }

  /** Return the next batch: at least one event, within the limits of number and bytes. */
  #take() {
    let [n, bytes] = [0, 0];
    while (n < Math.min(this.batch, this.queue.length)) {
      bytes += Buffer.byteLength(this.queue[n]) + 1; // a comma
      if (n > 0 && bytes > MAX_BATCH_BYTES) break;
      n += 1;
    }
    return this.queue.splice(0, n);
  }

  async #send(events) {
    const began = Date.now();
    for (let attempt = 0; ; attempt += 1) {
      const retryAfterMs = await this.#post(events);
      if (retryAfterMs === null) return;
      const backoffMs = (0.5 + Math.random() / 2) * Math.min(30_000, 500 * 2 ** attempt);
      const waitMs = Math.max(retryAfterMs, backoffMs);
      if (Date.now() + waitMs > Math.min(began + this.giveUpMs, this.deadline)) {
        this.#drop(events.length, `after ${attempt + 1} attempts`);
        return;
      }
      await new Promise((resolve) => {
        this.wake = resolve;
        setTimeout(resolve, waitMs).unref(); // waiting must not keep an app alive
      });
      this.wake = null;
    }
  }

  #drop(n, how) {
    this.dropped += n;
    console.warn(`turret: ${n} events were dropped ${how}`);
  }

  /** Resolve to null when done, or to the milliseconds after which to retry. */
  async #post(events) {
    const request = new AbortController();
    this.request = request; // for close
    const timer = setTimeout(() => request.abort(), this.timeoutMs).unref();
    try {
      const body = `{"events":[${events.join(",")}]}`;
      const answer = await fetch(this.url, { method: "POST", headers: this.headers, body, signal: request.signal });
      if (RETRY.has(answer.status)) {
        await answer.arrayBuffer();
        return Math.max(0, 1000 * Number(answer.headers.get("Retry-After")) || 0);
      }
      if (HALVE.has(answer.status) && events.length > 1) {
        await answer.arrayBuffer();
        const middle = events.length >> 1;
        await this.#send(events.slice(0, middle));
        if (this.deadline > 0) await this.#send(events.slice(middle));
        else this.#drop(events.length - middle, "unsent");
        return null;
      }
      const result = await answer.json();
      if (!result.results) { // our own error: a retry will not help
        this.dropped += events.length;
        console.error(`turret: a batch was refused: ${result.error}`);
        return null;
      }
      this.sent += result.accepted;
      this.dropped += result.rejected;
      for (const item of result.results) if (!item.success) console.error(`turret: an event was refused: ${item.error}`);
      return null;
    } catch { // no connection, a timeout, a broken answer: the batch may have been accepted, and event_id makes a retry harmless
      return 0;
    } finally {
      clearTimeout(timer);
    }
  }
}

/**
 * Make `chat.completions.create` and `responses.create` send an event for each new message of a user.
 *
 * Session and user are those of `turret.conversation` around the call. The last message of a call also has `response`,
 * `model`, `input_tokens`, `output_tokens` and `latency_ms`; of a streamed response only the call itself is recorded.
 */
export function trackOpenAI(client, turret, name = "message") {
  for (const resource of [client.chat?.completions, client.responses]) {
    if (!resource) continue;
    const create = resource.create.bind(resource);
    resource.create = (options, ...rest) => {
      const began = Date.now();
      const texts = safely(() => newTexts(options?.messages ?? options?.input)) ?? [];
      const who = conversations.getStore() ?? {};
      const pending = create(options, ...rest);
      if (texts.length > 0) {
        Promise.resolve(pending).then((answer) => {
          const figures = { model: options.model, ...safely(() => figuresOf(answer)), latency_ms: Date.now() - began };
          texts.forEach((prompt, index) => {
            const isLast = index === texts.length - 1;
            const metadata = { prompt: cut(prompt), ...(isLast ? figures : {}) };
            turret.track(name, metadata, who);
          });
        }, () => {}); // the app sees the error itself
      }
      return pending; // unchanged: the library's promise has methods of its own
    };
  }
  return client;
}

/** The user's texts at the end of a call's messages; earlier ones are history, and so are tool loops. */
export function newTexts(messages) {
  if (typeof messages === "string") return messages.trim() ? [messages] : [];
  const texts = [];
  for (const message of (Array.isArray(messages) ? messages : []).slice().reverse()) {
    if (message?.role === "user") texts.unshift(textOf(message.content));
    else if (message?.role !== "system" && message?.role !== "developer") break;
  }
  return texts.filter((text) => text !== "");
}

function textOf(content) {
  const parts = Array.isArray(content) ? content.map((part) => part?.text) : [content];
  return parts.filter((part) => typeof part === "string").join("\n").trim();
}

/** Truncate a text without splitting a character of two units (an emoji). */
function cut(text) {
  const splits = text.length > MAX_CHARACTERS && text.codePointAt(MAX_CHARACTERS - 1) > 0xffff;
  return text.slice(0, splits ? MAX_CHARACTERS - 1 : MAX_CHARACTERS);
}

function figuresOf(answer) {
  const text = answer?.choices?.[0]?.message?.content ?? answer?.output_text;
  const usage = answer?.usage ?? {};
  return {
    ...(answer?.model ? { model: answer.model } : {}),
    response: typeof text === "string" ? cut(text) : undefined,
    input_tokens: usage.prompt_tokens ?? usage.input_tokens,
    output_tokens: usage.completion_tokens ?? usage.output_tokens,
  };
}

function safely(read) {
  try {
    return read();
  } catch { // a response of another shape must not break the app
    return undefined;
  }
}
