// Models that answer the same thing each time: the APIs of OpenAI and Anthropic as a mock for tests of applications serves them.
import { LLMock } from "@copilotkit/aimock";

const mock = new LLMock({ port: Number(process.argv[2]) });
mock.onMessage("hello", { content: "Hi there! How are you today?" });
await mock.start();
