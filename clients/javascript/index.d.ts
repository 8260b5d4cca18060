export interface Who {
  sessionId?: string;
  userId?: string;
}

/** Feedback is about an event or a session; without both ids, about the session of `conversation`. */
export interface Feedback extends Who {
  eventId?: string;
  /** The best score of a scale from 1, such as 5 for stars. */
  scale?: number;
  /** The kind of feedback, or its reason in short. */
  label?: string;
  /** What the person wrote. */
  comment?: string;
  /** Your own id of this feedback; the same id counts once. */
  feedbackId?: string;
}

export interface TurretOptions {
  /** How many events may wait; beyond them events are dropped, and counted. */
  maxEvents?: number;
  /** How many are sent at once, at most 1,000. */
  batch?: number;
  /** How long an event waits for others, in milliseconds. */
  everyMs?: number;
  /** How long an answer may take, in milliseconds. */
  timeoutMs?: number;
  /** How long a batch is tried again, in milliseconds. */
  giveUpMs?: number;
}

export declare class Turret {
  constructor(url: string, key: string, options?: TurretOptions);
  /** Events that the collector has taken. */
  readonly sent: number;
  /** Events that were not sent: the queue was full, a value was no JSON, the collector refused them, or `close` ran out of time. */
  readonly dropped: number;
  /** Queue one event; false if it cannot be sent. With an eventId of your own, feedback can be about it later. */
  track(name: string, metadata: Record<string, unknown>, who?: Who & { eventId?: string }): boolean;
  /** Queue feedback: -1 (bad) to 1 (good), or 1 to `scale`; false if it cannot be sent. */
  feedback(score: number, about?: Feedback): boolean;
  /** Give every event within, also in what begins there, this session and user unless it has its own. */
  conversation<T>(who: Who, run: () => T): T;
  /** Send what is queued; never rejects. */
  flush(): Promise<void>;
  /** Send what is queued, for at most so long. Await it before process.exit(). */
  close(timeoutMs?: number): Promise<void>;
}

/** Make `chat.completions.create` and `responses.create` send an event for each new message of a user. */
export declare function trackOpenAI<Client extends object>(client: Client, turret: Turret, name?: string): Client;

/** The texts of the user that end a call's messages; the ones before are history. */
export declare function newTexts(messages: unknown): string[];
