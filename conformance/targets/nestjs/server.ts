// An idiomatic event stream on NestJS at /events; at /replay, the events that a request asks for, written by the encoder of NestJS.

import "reflect-metadata";
import { Body, Controller, Headers, HttpCode, type MessageEvent, Module, Query, RequestMethod, Sse } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { type Observable, concatMap, delay, from, ignoreElements, interval, map, of } from "rxjs";

declare const process: { env: Record<string, string | undefined> };
declare const Buffer: { from(text: string, encoding: string): { toString(): string } };

interface Step {
  event?: string;
  id?: string;
  data?: string;
  retry?: number;
  comment?: string;
  wait_ms?: number;
}

@Controller()
class Streams {
  @Sse("events")
  events(@Headers("last-event-id") last: string | undefined): Observable<MessageEvent> {
    const seen = Number.parseInt(last ?? "", 10) || 0;
    return interval(250).pipe(
      map((n) => seen + n + 1),
      map((n) => ({ id: String(n), type: "tick", data: `tick ${n}` })),
    );
  }

  @HttpCode(200)
  @Sse("replay", { method: RequestMethod.POST })
  replay(@Body() { script }: { script: Step[] }, @Headers("last-event-id") sent: string | undefined): Observable<MessageEvent> {
    // Node reads header fields as Latin-1; what a client sends back is UTF-8.
    const last = Buffer.from(sent ?? "", "latin1").toString();
    const seen = sent === undefined ? -1 : script.findLastIndex((step) => step.id === last);
    return from(script.slice(seen + 1)).pipe(
      concatMap(({ event, wait_ms, ...step }): Observable<MessageEvent> => {
        if (wait_ms !== undefined) return of({ data: "" }).pipe(delay(wait_ms), ignoreElements());
        return of({ ...step, type: event } as MessageEvent);
      }),
    );
  }

  @Sse("replay")
  replayOfQuery(@Query("script") script: string, @Headers("last-event-id") last: string | undefined): Observable<MessageEvent> {
    return this.replay(JSON.parse(Buffer.from(script, "base64url").toString()), last);
  }
}

@Module({ controllers: [Streams] })
class App {}

const app = await NestFactory.create(App, { logger: ["error", "warn"] });
await app.listen(process.env.PORT ?? 8000, "127.0.0.1");
