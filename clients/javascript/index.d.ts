export interface Who {
  sessionId?: string;
  userId?: string;
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
  /** Queue one event; false if it cannot be sent. */
  track(name: string, metadata: Record<string, unknown>, who?: Who): boolean;
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
