// An idiomatic event stream on NestJS at /events; at /replay, the events that a request asks for, written by the encoder of NestJS.
var __decorate = (this && this.__decorate) || function (decorators, target, key, desc) {
    var c = arguments.length, r = c < 3 ? target : desc === null ? desc = Object.getOwnPropertyDescriptor(target, key) : desc, d;
    if (typeof Reflect === "object" && typeof Reflect.decorate === "function") r = Reflect.decorate(decorators, target, key, desc);
    else for (var i = decorators.length - 1; i >= 0; i--) if (d = decorators[i]) r = (c < 3 ? d(r) : c > 3 ? d(target, key, r) : d(target, key)) || r;
    return c > 3 && r && Object.defineProperty(target, key, r), r;
};
var __param = (this && this.__param) || function (paramIndex, decorator) {
    return function (target, key) { decorator(target, key, paramIndex); }
};
import "reflect-metadata";
import { Body, Controller, Headers, HttpCode, Module, Query, RequestMethod, Sse } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { concatMap, delay, from, ignoreElements, interval, map, of } from "rxjs";
let Streams = class Streams {
    events(last) {
        const seen = Number.parseInt(last ?? "", 10) || 0;
        return interval(250).pipe(map((n) => seen + n + 1), map((n) => ({ id: String(n), type: "tick", data: `tick ${n}` })));
    }
    replay({ script }, sent) {
        // Node reads header fields as Latin-1; what a client sends back is UTF-8.
        const last = Buffer.from(sent ?? "", "latin1").toString();
        const seen = sent === undefined ? -1 : script.findLastIndex((step) => step.id === last);
        return from(script.slice(seen + 1)).pipe(concatMap(({ event, wait_ms, ...step }) => {
            if (wait_ms !== undefined)
                return of({ data: "" }).pipe(delay(wait_ms), ignoreElements());
            return of({ ...step, type: event });
        }));
    }
    replayOfQuery(script, last) {
        return this.replay(JSON.parse(Buffer.from(script, "base64url").toString()), last);
    }
};
__decorate([
    Sse("events"),
    __param(0, Headers("last-event-id"))
], Streams.prototype, "events", null);
__decorate([
    HttpCode(200),
    Sse("replay", { method: RequestMethod.POST }),
    __param(0, Body()),
    __param(1, Headers("last-event-id"))
], Streams.prototype, "replay", null);
__decorate([
    Sse("replay"),
    __param(0, Query("script")),
    __param(1, Headers("last-event-id"))
], Streams.prototype, "replayOfQuery", null);
Streams = __decorate([
    Controller()
], Streams);
let App = class App {
};
App = __decorate([
    Module({ controllers: [Streams] })
], App);
const app = await NestFactory.create(App, { logger: ["error", "warn"] });
await app.listen(process.env.PORT ?? 8000, "127.0.0.1");
