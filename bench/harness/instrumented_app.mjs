// The app of instrumented_app.py with Vercel's AI SDK: `node instrumented_app.mjs vercel conversations`, in the same
// environment. What is said, and by whom, is the same.

import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import { generateText, jsonSchema, stepCountIs, streamText, tool } from "ai";

const url = `${process.env.OTLP_URL}/v1/traces`;
const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url }))] });
provider.register();

const recordInputs = process.argv[3] !== "content_off";
const models = createOpenAICompatible({ name: "openai", baseURL: process.env.MODEL_URL, apiKey: "sk-none" });
const system = "You help the customers of a shop for bicycles.";
const picture = "data:image/png;base64,iVBORw0KGgo=";

function options(sessionId, userId, name = "gpt-4o-mini") {
  const metadata = { sessionId, userId, plan: "pro" };
  return {
    model: models(name),
    maxRetries: 0,
    experimental_telemetry: { isEnabled: true, recordInputs, functionId: "shop", metadata },
  };
}

async function converse(said, ids, extra = {}) {
  const messages = [];
  for (const text of said) {
    messages.push({ role: "user", content: text });
    const answer = await generateText({ ...options(...ids), ...extra, messages });
    messages.push(...answer.response.messages);
  }
}

await converse(["How much is the team plan?", "And for a whole year?"], ["conversation-1", "ada"], { system });
const find_order = tool({
  description: "Find an order",
  inputSchema: jsonSchema({ type: "object", properties: { number: { type: "string" } } }),
  execute: async () => ({ status: "sent" }),
});
const looped = { tools: { find_order }, stopWhen: stepCountIs(3) };
await converse(["Where is my order 1234?"], ["conversation-2", "ben"], looped);
await converse(["Which tyre fits a gravel bike?", "Does it come in blue?"], ["conversation-3", "cleo"], { system });
const dora = ["conversation-4", "dora"];
for await (const _ of streamText({ ...options(...dora), prompt: "Tell me about your warranty." }).textStream);
const parts = [
  { type: "text", text: "What is broken on this wheel?" },
  { type: "image", image: picture },
];
await converse([parts], dora);
const failing = generateText({ ...options(...dora, "broken"), prompt: "Can you book a repair for Monday?" });
await failing.catch((error) => console.log(error.name));
await provider.shutdown();
